import RecordStore
import Settings

/// What a batch's end means for the exit status. Pure rules.
enum Verdict {
    /// The status of a batch all of whose records have a final status.
    ///
    /// - Parameters:
    ///   - counts: The batch's counters.
    ///   - accept: The shares of lines that may fail, or be invalid, in a success.
    /// - Returns: The exit code.
    static func status(of counts: BatchCounts, accepting accept: JobDefinition.Accept) -> ExitStatus {
        guard counts.isExhausted else { return .unfinished }
        if counts.inDoubt > 0 { return .finishedInDoubt }
        let isWithin =
            !accept.failed.isExceeded(by: counts.failed, of: counts.total)
            && !accept.invalid.isExceeded(by: counts.invalid, of: counts.total)
        return isWithin && counts.cancelled == 0 ? .succeeded : .finishedWithFailures
    }
}
