/// The requests that files surveyed one after the other would call, whose answers would serve the later ones
/// (`reuse_within`).
///
/// Each is known by 64 bits, so that none is hardly ever taken for another; memory grows by some sixteen bytes a request.
public struct AnsweredRequests: Sendable {
    private var hashes: Set<UInt64> = []

    /// None yet.
    public init() {}

    func contains(_ hash: UInt64) -> Bool { hashes.contains(hash) }

    mutating func insert(_ hash: UInt64) { hashes.insert(hash) }

    static func hash(of request: UnsafeRawBufferPointer) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(bytes: request)
        return UInt64(truncatingIfNeeded: hasher.finalize())
    }
}
