import Basics
import JobRunner
import Logging
import RecordStore

/// Acts on what operators write down beside the daemon: looks at batches at once, and on a resume reads settings, jobs
/// and keys anew and opens the way to the API again.
struct OperatorWatch {
    private let context: DaemonContext
    private let reload: Reload
    private var last: Int64

    /// Watches for what is done from now on.
    init(context: DaemonContext, reload: Reload) throws {
        self.context = context
        self.reload = reload
        last = try context.store.lastActionNumber()
    }

    /// Heeds what has been done since it last looked.
    ///
    /// - Throws: `StoreError` when the database cannot be read or written.
    mutating func look() async throws {
        for (number, action) in try context.store.actions(after: last) {
            last = number
            try await applyChange(action)
        }
    }

    private func applyChange(_ action: Action) async throws {
        let batch = action.batch.flatMap { try? context.store.batch($0) }
        if action.name != ScheduledRerun.actionName {
            context.log.notice(
                "an operator acted",
                metadata: [
                    "action": "\(action.name)", "batch": "\(batch?.name ?? "-")", "user": "\(action.provenance.user)",
                ])
        }
        if action.name == BatchCommand.resume.rawValue { try await renew(for: batch) }
        context.batchWakeSignal.wakeUp()
        if let batch { context.folderWakeSignal(of: batch.job).wakeUp() }
    }

    /// Where settings or jobs are wrong the old ones stay, with today's keys. With keys that cannot be read the batch
    /// does not go on: it halts again, saying so.
    private func renew(for batch: Batch?) async throws {
        if await reload.perform() { return context.traffic.reopen() }
        do {
            try await context.renewKeys()
            context.traffic.reopen()
        } catch {
            let reason = OperationFailure(error).message
            context.log.error("keys could not be read anew", metadata: ["reason": "\(reason)"])
            guard let batch else { return }
            _ = try await context.store.moveBatch(
                batch.id, from: [.running], to: .halted,
                reason:
                    "Keys could not be read anew: \(reason). Mend that. To go on: \(Hint.resume(batch: batch.name)).")
        }
    }
}
