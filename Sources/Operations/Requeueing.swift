import Foundation
import IdentityInsightsClient
import JobRunner
import RecordStore

/// Queues the records of a batch again that a person selected, after trying today's keys on answers that were kept.
struct Requeueing: Sendable {
    /// What came of it.
    struct Found {
        /// Records queued again.
        let queued: Int
        /// Records whose kept answer can be read now, without a call.
        let recovered: Int
    }

    let store: RecordStore
    let client: IdentityInsightsClient
    let requireEncryptedAnswers: Bool
    let provenance: Provenance
    let console: Console

    /// Queues the records.
    ///
    /// - Parameters:
    ///   - selection: Which.
    ///   - batch: Of which batch.
    ///   - mayPayTwice: Whether the person agreed to send records in doubt again.
    /// - Returns: What came of it.
    /// - Throws: `OperationFailure` (3) where records in doubt are selected without that agreement, or the batch's file
    ///   has not been read whole.
    func perform(_ selection: RequeueSelection, of batch: Batch, mayPayTwice: Bool) async throws -> Found {
        guard ![.ingesting, .awaitingConfirmation].contains(batch.state) else {
            throw OperationFailure(
                .unfinished, "\(batch.name) is \(batch.state.rawValue); run its file again to go on with it")
        }
        let recovered = selection.statuses.contains(.inDoubt) ? try await recover(batch) : 0
        let doubted = mayPayTwice ? 0 : try doubted(selection, of: batch)
        guard doubted == 0 else { throw DoubleBilling(records: doubted, recovered: recovered, batch: batch) }
        let count = try await store.requeue(batch.id, selection)
        try await note(count, selection, batch)
        if count > 0 { console.note("\(batch.name): \(Figures.count(count, "record")) queued again") }
        return Found(queued: count, recovered: recovered)
    }

    private func recover(_ batch: Batch) async throws -> Int {
        let recovery = Recovery(store: store, client: client, requireEncryptedAnswers: requireEncryptedAnswers)
        let recovered = try await recovery.recover(batch.id)
        if recovered > 0 {
            console.note("\(batch.name): \(Figures.count(recovered, "kept answer")) can be read now; no call")
        }
        return recovered
    }

    /// How many of the selected records may have been billed already.
    private func doubted(_ selection: RequeueSelection, of batch: Batch) throws -> Int {
        guard selection.statuses.contains(.inDoubt) else { return 0 }
        var count = 0
        try store.forEachRecord(batch.id, statuses: [.inDoubt], lines: selection.lines) { view in
            // One that is held was never sent.
            guard !view.isHeld else { return }
            if selection.reasonCode == nil || selection.reasonCode == view.reasonCode { count += 1 }
        }
        return count
    }

    private func note(_ count: Int, _ selection: RequeueSelection, _ batch: Batch) async throws {
        let statuses = selection.statuses.map(\.rawValue).sorted().joined(separator: ",")
        try await store.recordAction(
            Action(
                at: Int64(Date().timeIntervalSince1970 * 1_000), batch: batch.id, name: "rerun",
                detail: "\(statuses): \(count) records", provenance: provenance))
    }
}

/// Records in doubt would be sent again, and nobody has agreed that this may bill them a second time.
struct DoubleBilling: Error {
    let records: Int
    /// Records of the same selection whose kept answer could be read meanwhile.
    let recovered: Int
    let batch: Batch

    var failure: OperationFailure {
        OperationFailure(
            .unfinished,
            "\(batch.name): \(Figures.count(records, "record")) in doubt may have been billed already; "
                + "sending them again may bill as many calls a second time. Add --yes to do so")
    }
}
