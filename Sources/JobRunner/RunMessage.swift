internal import RecordStore

/// What reaches a run while it goes on.
enum RunMessage: Sendable {
    /// A call ended.
    case replied(Call, Reply, at: Instant)
    /// A record's request could not be rebuilt; no call was made.
    case notBuilt(Call, reason: String, at: Instant)
    /// The ends of so many calls are written.
    case written(Int, readyAt: Int64?)
    /// They could not be written.
    case notWritten(any Error)
    /// The disk has room again.
    case roomFound
    /// An alarm set for a monotonic time rang.
    case fired(Int64)
    /// Something outside changed: ask again.
    case changed
    /// The run's own task was cancelled.
    case cancelled
}
