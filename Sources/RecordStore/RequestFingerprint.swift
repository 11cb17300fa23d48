/// What identical requests are known by: a code under a key of the database's own, which tells nothing of the request.
public struct RequestFingerprint: Sendable, Hashable {
    let bytes: [UInt8]
}
