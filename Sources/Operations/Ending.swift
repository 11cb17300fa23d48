import Foundation
import JobRunner
import RecordStore

/// What a run that did not finish says: why, and how it goes on.
enum Ending {
    static func text(of end: RunEnd, batch: Batch, timeZone: TimeZone) -> String {
        let waiting = NumberFormat.count(batch.counts.queued, "record")
        // A re-run leaves the state as it was.
        let stands = batch.state == .paused ? "paused" : "stopped"
        switch end {
        case .completed: return "completed"
        case .rerunDone:
            return "what was named is sent; \(waiting) still waiting there; its file, run again, goes on with the rest"
        case .halted(let halt): return "halted with \(waiting) waiting. \(halt.reason) \(halt.remedy)"
        case .stopped: return "stopped with \(waiting) waiting; run the same command again to go on"
        case .capped(.batchCalls):
            return
                "\(stands) with \(waiting) waiting: limits.batch_calls is reached; raise it and run the same command again"
        case .capped(.dailyCalls):
            return "\(stands) with \(waiting) waiting: limits.daily_calls is reached; run the same command again after "
                + "midnight (\(timeZone.displayName)), or raise it"
        case .capped(.monthlyCost):
            return
                "\(stands) with \(waiting) waiting: limits.monthly_cost is reached; run the same command again next "
                + "month (\(timeZone.displayName)), or raise it"
        case .stateChanged(let state): return "stopped with \(waiting) waiting: the batch is \(state.rawValue) now"
        }
    }
}
