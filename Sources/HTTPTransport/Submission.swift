/// A request on its way to the loop.
struct Submission: Sendable {
    let ticket: Ticket
    let request: HTTPRequest
    let startedAt: ContinuousClock.Instant
    let continuation: CheckedContinuation<HTTPExchange, Never>

    /// Ends it without libcurl having seen it.
    func fail(_ kind: HTTPFailure.Kind, _ message: String) {
        let failure = HTTPFailure(
            kind: kind, mayHaveLeft: false, message: message, duration: ContinuousClock.now - startedAt)
        continuation.resume(returning: .failed(failure))
    }

    /// Ends it because the loop has ended.
    func fail(_ ending: Inbox.Ending) {
        switch ending {
        case .stopped: failCancelled()
        case .broke(let error): fail(.other, error.message)
        }
    }

    func failCancelled() {
        fail(.cancelled, HTTPFailure.message(for: .cancelled, alert: nil, detail: ""))
    }
}
