import Basics
import JobRunner
import Logging
import RecordStore

/// Acts on what operators write down beside the daemon: looks at batches at once, and on a resume reads settings, jobs
/// and keys anew and opens the way to the API again.
struct OperatorWatch {
    private let house: House
    private let reload: Reload
    private var last: Int64

    /// Watches for what is done from now on.
    init(house: House, reload: Reload) throws {
        self.house = house
        self.reload = reload
        last = try house.store.lastActionNumber()
    }

    /// Heeds what has been done since it last looked.
    ///
    /// - Throws: `StoreError` when the database cannot be read or written.
    mutating func look() async throws {
        for (number, action) in try house.store.actions(after: last) {
            last = number
            try await heed(action)
        }
    }

    private func heed(_ action: Action) async throws {
        let batch = action.batch.flatMap { try? house.store.batch($0) }
        if action.name != RerunRound.actionName {
            house.log.notice(
                "an operator acted",
                metadata: [
                    "action": "\(action.name)", "batch": "\(batch?.name ?? "-")", "user": "\(action.provenance.user)",
                ])
        }
        if action.name == BatchCommand.resume.rawValue { try await renew(for: batch) }
        house.batchBell.ring()
        if let batch { house.folderBell(of: batch.job).ring() }
    }

    /// Where settings or jobs are wrong the old ones stay, with today's keys. With keys that cannot be read the batch
    /// does not go on: it halts again, saying so.
    private func renew(for batch: Batch?) async throws {
        if await reload.perform() { return house.traffic.reopen() }
        do {
            try await house.renewKeys()
            house.traffic.reopen()
        } catch {
            let reason = OperationFailure(error).message
            house.log.error("keys could not be read anew", metadata: ["reason": "\(reason)"])
            guard let batch else { return }
            _ = try await house.store.moveBatch(
                batch.id, from: [.running], to: .halted,
                reason:
                    "Keys could not be read anew: \(reason). Mend that. To go on: \(Hint.resume(batch: batch.name)).")
        }
    }
}
