/// What a run tells while it goes on. No event holds a value of a record.
public enum RunnerEvent: Sendable, Equatable {
    /// How far the run has come; at most five times a second, and once at the end.
    case progress(RunnerProgress)
    /// No calls for now: why, and when the next probe or call may leave, in milliseconds since 1970 UTC.
    case gateClosed(reason: String, until: Int64)
    /// One record is sent to see whether the way is free again.
    case probe
    /// Calls go on.
    case gateOpened
    /// Too many calls were refused as too many: the new rate in calls per second.
    case rateCut(to: Double)
    /// In-doubt records were queued again under the policy `retry`.
    case inDoubtRequeued(count: Int)
    /// Answers that could not be read when they came can be read now, without a call.
    case keptAnswersRead(count: Int)
    /// The batch's call window is closed: no calls before this time, in milliseconds since 1970 UTC.
    case windowClosed(until: Int64)
    /// The batch's call window is open again.
    case windowOpened
    /// The batch halts.
    case halted(Halt)
}
