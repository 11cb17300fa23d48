/// What opening a database for running found and put right.
public struct RecoveryReport: Sendable, Equatable {
    /// Attempts that a crash left open; their records are in doubt.
    public var openAttempts = 0
    /// Attempts at most that mark and trace know and the database doesn't; above 0 the database was restored from before.
    public var lostAttempts: Int64 = 0
    /// Why nobody knows which calls the database lacks; nil: it is known.
    public var unknownBecause: String?
    /// Records put in doubt because they may have been sent after the copy was made.
    public var doubtedRecords = 0
    /// Batches paused for that reason.
    public var pausedBatches: [BatchID] = []
    /// Batches with calls that the database has never heard of; their files begin in doubt should they come again.
    public var unknownBatches = 0
}
