import Basics
import JobRunner
import Logging
import RecordStore

/// Acts on what operators ask of the daemon from beside it: looks at batches at once, and on a resume reloads settings, jobs
/// and keys and reopens the gate to the API.
struct OperatorWatch {
    private let context: DaemonContext
    private let reload: Reload
    private var last: Int64

    /// Watches for what is done from now on.
    init(context: DaemonContext, reload: Reload) async throws {
        self.context = context
        self.reload = reload
        last = try await context.store.lastRunnerRequest()
    }

    /// Acts on what has been asked since it last looked.
    ///
    /// - Throws: `StoreError` when the database cannot be read or written.
    mutating func look() async throws {
        for request in try await context.store.runnerRequests(after: last) {
            last = request.number
            try await act(on: request)
        }
    }

    private func act(on request: RunnerRequest) async throws {
        // What was done may concern a batch that cannot be read; it is acted on all the same.
        var batch: Batch?
        if let id = request.batch { batch = try? await context.store.batch(id) }
        context.log.notice(
            "an operator acted",
            metadata: [
                "action": "\(request.action.rawValue)", "batch": "\(batch?.name ?? "-")", "user": "\(request.user)",
            ])
        if request.kind == .renew { try await renew(for: batch) }
        context.batchWakeSignal.wakeUp()
        if let batch { context.folderWakeSignal(of: batch.job).wakeUp() }
    }

    /// If settings or jobs are invalid the old ones stay, with the new keys. With unreadable keys the batch does not
    /// continue: it halts again, with that reason.
    private func renew(for batch: Batch?) async throws {
        if await reload.perform() { return context.traffic.reopen() }
        do {
            try await context.renewKeys()
            context.traffic.reopen()
        } catch {
            let reason = OperationFailure(error).message
            context.log.error("keys could not be read again", metadata: ["reason": "\(reason)"])
            guard let batch else { return }
            _ = try await context.store.moveBatch(
                batch.id, from: [.running], to: .halted,
                reason:
                    "Keys could not be read again: \(reason). Fix that. To continue: \(Hint.resume(batch: batch.name))."
            )
        }
    }
}
