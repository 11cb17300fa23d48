public import RecordStore

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

/// Reads answers again that came and could not be read: they were billed, and keys may be others now. Filled by whoever
/// knows keys and store.
public protocol KeptAnswerReading: Sendable {
    /// Tries today's keys on the kept answers of a batch's records in doubt; makes no call.
    ///
    /// - Parameter batch: The batch.
    /// - Returns: How many could be read, their records having succeeded by it, and how many could not.
    /// - Throws: The store's error when state could not be read or written.
    func readKeptAnswers(of batch: BatchID) async throws -> (read: Int, unread: Int)
}
