import JobRunner
import RecordStore

/// What a batch's end means for the exit status. Pure rules.
enum Verdict {
    /// The status of a batch all of whose records have a final status.
    static func status(of counts: BatchCounts) -> ExitStatus {
        guard counts.isExhausted else { return .unfinished }
        if counts.inDoubt > 0 { return .finishedInDoubt }
        return counts.succeeded + counts.reused == counts.total ? .succeeded : .finishedWithFailures
    }

    /// The status of a run that ended so.
    static func status(of end: RunEnd, counts: BatchCounts) -> ExitStatus {
        switch end {
        case .completed: status(of: counts)
        case .halted, .stopped, .capped, .stateChanged: .unfinished
        }
    }
}
