/// Where a batch is on its way.
public enum BatchState: String, Sendable, CaseIterable, Codable {
    /// Its file is being read.
    case ingesting
    /// Waits for a person to agree to what it costs.
    case awaitingConfirmation = "awaiting_confirmation"
    /// Its records may be claimed.
    case running
    /// Nothing is queued or under way any more.
    case completed
    /// Stopped by a person, a cap, or because the database was restored.
    case paused
    /// Stopped by the runner because something systemic is wrong.
    case halted
    /// Given up by a person; what was still queued is cancelled.
    case cancelled
    /// Refused as a whole.
    case rejected
}

extension BatchState {
    /// The states it may go to next, as far as states tell: only a batch whose file was read in part is rejected when it
    /// is paused. A pure rule; ``RecordStore/moveBatch(_:from:to:reason:noting:)`` acts on it.
    public var successors: Set<BatchState> {
        switch self {
        case .ingesting: [.awaitingConfirmation, .running, .completed, .paused, .cancelled, .rejected]
        case .awaitingConfirmation: [.running, .paused, .cancelled, .rejected]
        case .running: [.completed, .paused, .halted, .cancelled]
        case .paused: [.ingesting, .awaitingConfirmation, .running, .completed, .cancelled, .rejected]
        case .halted: [.running, .paused, .completed, .cancelled]
        case .completed: [.running]
        case .cancelled, .rejected: []
        }
    }

    /// Whether the batch is over, unless records of it are queued again.
    public var isFinished: Bool {
        switch self {
        case .completed, .cancelled, .rejected: true
        case .ingesting, .awaitingConfirmation, .running, .paused, .halted: false
        }
    }
}
