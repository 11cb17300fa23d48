/// Sends one request and says what came of it. Filled by the client of the API, so that the runner needs no network.
public protocol RecordSubmitter: Sendable {
    /// Sends the request once, never twice, and returns when the call has ended.
    ///
    /// Cancelling the task gives the call up; the reply then says whether any byte of the request may have left.
    ///
    /// - Parameter request: The clear request body, JSON in UTF-8.
    /// - Returns: The facts of the call.
    func submit(_ request: [UInt8]) async -> Reply
}
