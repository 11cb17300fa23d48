public import RecordStore

/// How a run of a batch ended. In every case all calls of the run are over and their state is written.
public enum RunEnd: Sendable, Equatable {
    /// Every record has a final status; the batch is completed.
    case completed
    /// Something systemic is wrong; the batch is halted.
    case halted(Halt)
    /// The stop signal was given; the batch goes on with the next run.
    case stopped
    /// A cap on calls is reached; the batch is paused.
    case capped(Cap)
    /// Someone else took the batch out of `running`, or it wasn't to be run at all; its state says how.
    case stateChanged(to: BatchState)
}
