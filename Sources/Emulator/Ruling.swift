/// What becomes of one call: decided and counted before anything is sent.
struct Ruling: Sendable {
    /// The call's line in the log.
    let call: Call
    /// What goes other than the ordinary way; nil for the ordinary answer.
    let fault: Fault?
    /// The record; nil where the request could not be opened.
    let request: OpenedRequest?
    /// How long the answer waits.
    let delay: Duration
}
