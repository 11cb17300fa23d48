internal import HTTPTransport

/// What an unbilled GET found at the endpoint.
public struct EndpointProbe: Sendable {
    /// The HTTP status that came back; nil where none did.
    public let status: Int?
    /// The server's clock, in milliseconds since 1970 UTC, to the second; nil where it told none.
    public let serverTimeAt: Int64?
    /// Whether the server, or what stands before it, refused our certificate.
    public let refusesCertificate: Bool
    /// Why no answer came, in one sentence with what to do; nil where one came.
    public let failure: String?

    init(_ exchange: HTTPExchange) {
        switch exchange {
        case .answered(let answer):
            status = answer.status
            serverTimeAt = answer.dateAt
            // nginx answers a missing or wrong client certificate with a 400 of its own; a GET is never a bad record.
            refusesCertificate = [400, 401, 403, 495, 496].contains(answer.status)
            failure = nil
        case .failed(let reason):
            status = nil
            serverTimeAt = nil
            refusesCertificate = reason.kind == .certificateRefused
            failure = reason.message
        }
    }
}
