/// A batch that somebody still has to do something about: it is not over, or its results are not written.
public struct PendingBatch: Sendable, Equatable {
    /// The batch.
    public let id: BatchID
    /// The job's name.
    public let job: String
    /// Where it is on its way.
    public let state: BatchState
    /// Whether it is over and its results, as they are now, have not been written.
    public let lacksResults: Bool
    /// When it goes on by itself after a cap, in milliseconds since 1970 UTC; nil for all others.
    public let resumesAt: Int64?
}
