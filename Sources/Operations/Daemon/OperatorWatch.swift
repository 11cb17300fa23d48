import JobRunner
import Logging
import RecordStore

/// Notices what operators did beside the daemon. A resume is their word that the remedy has been applied: keys are read
/// anew and the gate opens.
struct OperatorWatch {
    let house: House

    /// Looks at every poll, until it is cancelled.
    ///
    /// - Throws: `StoreError` when the actions could not be read or state not written.
    func run() async throws {
        var last = try house.store.lastActionNumber()
        house.heed(upTo: last)
        let bell = Doorbell()
        while !Task.isCancelled {
            for (number, action) in try house.store.actions(after: last) {
                last = number
                try await heed(action)
                house.heed(upTo: number)
            }
            await bell.wait(for: house.poll, on: house.clock)
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

    private func renew(for batch: Batch?) async throws {
        do {
            try await house.renewKeys()
            house.traffic.reopen()
        } catch {
            let reason = OperationFailure(error).message
            house.log.error("keys could not be read anew", metadata: ["reason": "\(reason)"])
            guard let batch, try house.store.batch(batch.id).state == .running else { return }
            try await house.store.setState(
                batch.id, to: .halted, reason: "Keys could not be read anew: \(reason) Then resume again.")
        }
    }
}
