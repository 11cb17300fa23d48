import Basics
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
    /// What sending them costs, under the batch's job.
    let spending: Spending
    let console: Console

    /// Queues the records.
    ///
    /// - Parameters:
    ///   - selection: Which.
    ///   - batch: Of which batch.
    ///   - yes: Whether the person agreed to what it costs, and to send again what may have been billed.
    /// - Returns: What came of it.
    /// - Throws: `RequeueRefusal` where records would be sent without that agreement, or all of them be held again;
    ///   `OperationFailure` (3) where the batch's file has not been read whole.
    func perform(_ selection: RequeueSelection, of batch: Batch, yes: Bool) async throws -> Found {
        guard ![.ingesting, .awaitingConfirmation].contains(batch.state) else {
            throw OperationFailure(
                .unfinished, "\(batch.name) is \(batch.state.rawValue); run its file again to go on with it")
        }
        let recovered = selection.statuses.contains(.inDoubt) ? try await recover(batch) : 0
        if let refusal = try await refusal(selection, of: batch, yes: yes) {
            throw RequeueRefusal(batch: batch, reason: refusal, recovered: recovered)
        }
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

    /// Why nothing is queued; nil: it may be.
    private func refusal(_ selection: RequeueSelection, of batch: Batch, yes: Bool) async throws -> String? {
        let doubts = try SelectedDoubts(selection, of: batch.id, in: store)
        if let held = DoubtText.held(doubts.heldByOthers) {
            if doubts.areAllHeldByOthers { return held }
            console.note("\(batch.name): \(held)")
        }
        guard !yes else { return nil }
        let reasons = [
            DoubtText.perhapsBilledTwice(doubts.own),
            try await spending.admission(ofRequeueing: selection, in: batch).reason,
        ].compactMap { $0 }
        return reasons.isEmpty ? nil : reasons.joined(separator: "; ") + ". Nothing was queued; --yes sends them"
    }

    private func note(_ count: Int, _ selection: RequeueSelection, _ batch: Batch) async throws {
        let statuses = selection.statuses.map(\.rawValue).sorted().joined(separator: ",")
        try await store.recordAction(
            Action(
                at: Int64(Date().timeIntervalSince1970 * 1_000), batch: batch.id, name: "rerun",
                detail: "\(statuses): \(Counted.things(count, "record"))", provenance: provenance))
    }
}

/// Records were not queued again, because a person has to agree first or to settle others.
struct RequeueRefusal: Error {
    let batch: Batch
    let reason: String
    /// Records of the same selection whose kept answer could be read meanwhile.
    let recovered: Int

    var failure: OperationFailure { OperationFailure(.unfinished, "\(batch.name): \(reason)") }
}
