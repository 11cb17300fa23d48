public import RecordStore

/// How a run of a batch ended. In every case all calls of the run are over and their state is written.
public enum RunEnd: Sendable, Equatable {
    /// Every record has a final status; the batch is completed.
    case completed
    /// Every record of the re-run has a final status; others of the batch wait, and its state is as before.
    case rerunDone
    /// Something systemic is wrong; the batch is halted.
    case halted(Halt)
    /// The stop signal was given; the batch goes on with the next run.
    case stopped
    /// A cap on calls is reached; the batch is paused. After a re-run its state is as before: the rest of the re-run goes
    /// on by itself, not with everything else that waits.
    case capped(Cap)
    /// Someone else took the batch out of `running`, or it wasn't to be run at all; its state says how.
    case stateChanged(to: BatchState)
}
