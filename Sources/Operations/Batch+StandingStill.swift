import Basics
import RecordStore

extension Batch {
    /// What sends records that were queued again in a batch that stands still.
    ///
    /// - Parameter queuedAgain: How many these are; the others that wait are sent with them.
    /// - Returns: The end of a sentence; nil where the batch does not stand still.
    func wayOn(queuedAgain: Int) -> String? {
        let others = counts.queued - queuedAgain
        let waiting = others > 0 ? Figures.count(others, "other record") : nil
        let all = [queuedAgain == 0 ? nil : queuedAgain == 1 ? "it" : "them", waiting].compactMap { $0 }
            .joined(separator: " and ")
        switch state {
        case .paused, .halted: return "it is \(state.rawValue); \(Hint.resume(batch: name)) \(sends(all))"
        case .awaitingConfirmation: return "it waits for confirmation; \(Hint.start(batch: name)) \(sends(all))"
        case .ingesting, .running, .completed, .cancelled, .rejected: return nil
        }
    }

    private func sends(_ records: String) -> String { records.isEmpty ? "goes on with it" : "sends \(records)" }
}
