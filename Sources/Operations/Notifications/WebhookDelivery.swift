import Basics
import HTTPTransport
import JobRunner
import OpenSSL
import RecordStore

/// Posts an event to an https address, signed so that the receiver knows from whom it comes.
///
/// The field `X-Rollcall-Signature` is `sha256=` and the lower-case hexadecimal HMAC-SHA-256 (RFC 2104) of the body under
/// the secret in `notify.webhook.secret_file`, without line ends at its end.
struct WebhookDelivery: Sendable {
    let url: String
    let secretFile: String?
    let clock: any RunnerClock
    /// The only authorities to be trusted, as PEM; nil: the system's.
    var authorities: [UInt8]?
    /// How often an event is posted at most, with a pause that doubles from one second: a receiver that is started anew is
    /// back within these fifteen seconds. No try begins after ``NoticeDelivery/timeLimit``.
    private static let attempts = 5
    private static let longestSecret = 4_096

    /// Posts an event.
    ///
    /// - Parameter body: The event as JSON.
    /// - Returns: Why it did not arrive; nil: the receiver answered that it did. Nothing of the address.
    func deliver(_ body: [UInt8]) async -> String? {
        let transport: HTTPTransport
        let headers: [(String, String)]
        do {
            headers = [("Content-Type", "application/json")] + (try signature(of: body))
            var configuration = HTTPTransportConfiguration(baseURL: url)
            configuration.caPEM = authorities
            configuration.requestTimeout = .seconds(8)
            configuration.maximumConnections = 1
            configuration.maximumAnswerBytes = 64 << 10
            transport = try HTTPTransport(configuration)
        } catch {
            return OperationFailure(error).message
        }
        let failure = await deliver(HTTPRequest(method: .post, path: "", headers: headers, body: body), over: transport)
        await transport.shutDown()
        return failure
    }

    private func deliver(_ request: HTTPRequest, over transport: HTTPTransport) async -> String? {
        var failure: String?
        let deadline = clock.monotonic + NoticeDelivery.timeLimit
        for attempt in 0..<Self.attempts {
            if attempt > 0 { await clock.sleep(until: clock.monotonic + .seconds(1 << (attempt - 1))) }
            if Task.isCancelled || clock.monotonic > deadline { return failure ?? "it was cancelled" }
            switch await transport.send(request) {
            case .answered(let answer) where (200..<300).contains(answer.status): return nil
            case .answered(let answer):
                failure = "the receiver answered with status \(answer.status)"
                // What the receiver refuses it refuses again.
                if (400..<500).contains(answer.status), ![408, 425, 429].contains(answer.status) { return failure }
            case .failed(let fault): failure = fault.description
            }
        }
        return failure
    }

    private func signature(of body: [UInt8]) throws -> [(String, String)] {
        guard let secretFile else { return [] }
        guard var secret = try PrivateFile.contents(secretFile, upTo: Self.longestSecret) else {
            throw OperationFailure(.configuration, "notify.webhook.secret_file does not exist")
        }
        while let last = secret.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { secret.removeLast() }
        guard !secret.isEmpty else { throw OperationFailure(.configuration, "notify.webhook.secret_file is empty") }
        let code = try HMACSHA256(key: secret).code(for: body)
        return [("X-Rollcall-Signature", "sha256=" + Hexadecimal.encode(code))]
    }
}
