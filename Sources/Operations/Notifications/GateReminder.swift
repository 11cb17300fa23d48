import Basics
import JobRunner
import RecordStore

/// When to tell that no calls are made, and that they are again. A pure rule: a closure is told once, after a while, and
/// its end only where it was told.
struct GateReminder: Sendable, Equatable {
    private var isTold = false

    /// What is to be told now.
    enum Event: Equatable {
        /// No calls are made since a time, for a reason.
        case closed(since: WallTime, reason: String?)
        case opened
    }

    /// Looks at the gate.
    ///
    /// - Parameters:
    ///   - gate: How it stands.
    ///   - after: How long it is closed before that is told.
    ///   - now: The time.
    /// - Returns: What is to be told; nil: nothing.
    mutating func look(at gate: RunnerStatus.Gate, after: Duration, now: WallTime) -> Event? {
        switch gate {
        case .open:
            defer { isTold = false }
            return isTold ? .opened : nil
        case .closed(let reason, let since, _, _):
            guard !isTold, now - since >= after else { return nil }
            isTold = true
            return .closed(since: since, reason: reason)
        case .halted:
            // Each batch that halts tells of it.
            return nil
        }
    }
}
