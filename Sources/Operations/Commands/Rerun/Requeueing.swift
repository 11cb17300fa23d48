import Basics
import Foundation
import IdentityInsightsClient
import JobRunner
import RecordStore
import Settings

/// Queues the selected records of a batch again, after trying the present keys on stored answers.
struct Requeueing: Sendable {
    /// The result.
    struct Found {
        /// The selected records, queued to be sent.
        let rerun: Rerun
        /// Records whose stored answer can be read now, without a call.
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
    /// - Returns: The result.
    /// - Throws: `RequeueRefusal` if records would be sent without that agreement, or all of them be held again;
    ///   `OperationFailure` (3) if nothing of the batch can be queued again; `StoreError` with `purged` if its rows were
    ///   erased.
    func perform(_ selection: RequeueSelection, of batch: Batch, yes: Bool) async throws -> Found {
        if let reason = batch.reasonNotToRerun { throw OperationFailure(.unfinished, "\(batch.name) \(reason)") }
        try await store.refusePurgedRows(of: batch.id)
        let recovered = selection.statuses.contains(.inDoubt) ? try await readKeptAnswers(batch) : 0
        if let refusal = try await refusal(selection, of: batch, yes: yes) {
            throw RequeueRefusal(batch: batch, reason: refusal, recovered: recovered)
        }
        let rerun = try await store.rerun(batch.id, selection)
        try await note(rerun.queued, selection, batch)
        if rerun.queued > 0 {
            console.note("\(batch.name): \(NumberFormat.count(rerun.queued, "record")) queued again")
        }
        if rerun.takenOver > 0 {
            console.note(
                "\(batch.name): \(NumberFormat.count(rerun.takenOver, "record")) queued again before, and not sent yet, "
                    + "\(rerun.takenOver == 1 ? "goes" : "go") with this rerun")
        }
        return Found(rerun: rerun, recovered: recovered)
    }

    private func readKeptAnswers(_ batch: Batch) async throws -> Int {
        let recovery = Recovery(store: store, client: client, requireEncryptedAnswers: requireEncryptedAnswers)
        let recovered = try await recovery.readKeptAnswers(of: batch.id).read
        if recovered > 0 {
            console.note("\(batch.name): \(NumberFormat.count(recovered, "kept answer")) can be read now; no call")
        }
        return recovered
    }

    /// Why nothing is queued; nil: it may be.
    private func refusal(_ selection: RequeueSelection, of batch: Batch, yes: Bool) async throws -> String? {
        let proposal = try await RequeueProposal(selection, of: batch, spending)
        if let held = proposal.held {
            if proposal.selected.areAllHeldByOthers { return held }
            console.note("\(batch.name): \(held)")
        }
        if proposal.confirmation.isHeld { return try await store.restoreHold()?.text }
        guard !yes else {
            if let answered = InDoubtMessages.billedTwice(proposal.selected.own) {
                console.note("\(batch.name): \(answered)")
            }
            return nil
        }
        let reasons = proposal.reasons
        return reasons.isEmpty ? nil : reasons.joined(separator: "; ") + ". Nothing was queued; --yes sends them"
    }

    private func note(_ count: Int, _ selection: RequeueSelection, _ batch: Batch) async throws {
        let statuses = selection.statuses.map(\.rawValue).sorted().joined(separator: ",")
        try await store.recordAction(
            Action(
                at: WallTime.now(), batch: batch.id, name: .rerun,
                detail: "\(statuses): \(Counted.things(count, "record"))", provenance: provenance))
    }
}

/// Records were not queued again, because an operator has to agree first or to settle others.
struct RequeueRefusal: Error {
    let batch: Batch
    let reason: String
    /// Records of the same selection whose stored answer could be read meanwhile.
    let recovered: Int

    var failure: OperationFailure { OperationFailure(.unfinished, "\(batch.name): \(reason)") }
}

/// Tries the present keys on answers that could not be deciphered when they came: they have already been billed.
struct Recovery: KeptAnswerReading {
    let store: RecordStore
    let client: IdentityInsightsClient
    let requireEncryptedAnswers: Bool
    /// Answers held in memory at once.
    private static let groupSize = 500

    /// Turns records in doubt whose stored answer can be read now into succeeded ones; no call is made. An answer to
    /// another call is not taken.
    ///
    /// - Parameter batch: The batch.
    /// - Returns: How many could be read, and how many could not.
    /// - Throws: `StoreError` when state could not be read or written.
    func readKeptAnswers(of batch: BatchID) async throws -> (read: Int, unread: Int) {
        var (read, unread, group) = (0, 0, [RecoveredAnswer]())
        // Read when the first answer can be.
        var known: RecentAnswers?
        try await store.forEachKeptAnswer(batch) { view in
            guard !view.isRepeated else { return }
            guard let found = try answer(in: view) else { return unread += 1 }
            guard try await isItsOwn(found, view, &known) else { return }
            group.append(found)
            guard group.count == Self.groupSize else { return }
            read += try await store.accept(group)
            group = []
        }
        if !group.isEmpty { read += try await store.accept(group) }
        return (read, unread)
    }

    private func answer(in view: RecordView) throws -> RecoveredAnswer? {
        guard let kept = try view.answer,
            let found = client.redeciphered(kept, requireEncryptedAnswers: requireEncryptedAnswers)
        else { return nil }
        return RecoveredAnswer(
            record: view.record, answer: found.answer, requestRefID: found.requestRefID, hasWarnings: found.hasWarnings,
            warning: found.warning)
    }

    /// Whether an answer is the one to the record's own call, by the same rule as when it comes.
    private func isItsOwn(
        _ found: RecoveredAnswer, _ view: RecordView, _ known: inout RecentAnswers?
    ) async throws -> Bool {
        guard let reference = found.requestRefID else { return true }
        var answers = if let known { known } else { RecentAnswers(try await store.recentAnswers()) }
        defer { known = answers }
        return Reply.isAnswer(reference, to: view.correlationID) && answers.insert(AnswerReference(reference))
    }
}

/// What sending selected records again would do, before anything is queued: the one source of what `rerun` warns of and
/// of what the administration's page shows.
struct RequeueProposal {
    /// The selected records, and what is in doubt among them.
    let selected: SelectedInDoubt
    /// What they would cost, and whether somebody has to agree.
    let confirmation: ConfirmationPolicy
    /// Cancelled records that were answered since in another batch, as they are when `cancelled.*` was run: sending them
    /// would pay a second time, unless the job allows that answer to be reused.
    let answeredElsewhere: Int

    /// Looks at the records.
    ///
    /// - Parameters:
    ///   - selection: Which.
    ///   - batch: Of which batch.
    ///   - spending: What they cost, under the batch's job.
    /// - Throws: `StoreError` when the database cannot be read or written.
    init(_ selection: RequeueSelection, of batch: Batch, _ spending: Spending) async throws {
        let store = spending.store
        selected = try await SelectedInDoubt(selection, of: batch.id, in: store)
        confirmation = try await spending.confirmation(ofRequeueing: selection, in: batch)
        answeredElsewhere = try await Self.answeredElsewhere(selection, batch, spending)
    }

    /// Calls that may be billed a second time, or surely are.
    var possibleDoubleBills: Int {
        let own = selected.own
        return own.perhapsBilled + own.answered + own.repeated + own.resolved + answeredElsewhere
    }

    /// Why somebody has to agree first; empty: nobody has to.
    var reasons: [String] {
        [
            InDoubtMessages.billedTwice(selected.own), InDoubtMessages.perhapsBilledTwice(selected.own),
            answeredElsewhereText, confirmation.reason,
        ].compactMap(\.self)
    }

    /// What else is to be known: records that would only be held again.
    var held: String? { InDoubtMessages.held(selected.heldByOthers) }

    private var answeredElsewhereText: String? {
        guard answeredElsewhere > 0 else { return nil }
        let (were, them) = answeredElsewhere == 1 ? ("was", "it") : ("were", "them")
        return
            "\(NumberFormat.count(answeredElsewhere, "cancelled record")) \(were) answered since in another batch; sending "
            + "\(them) bills \(them) once more"
    }

    private static func answeredElsewhere(
        _ selection: RequeueSelection, _ batch: Batch, _ spending: Spending
    ) async throws -> Int {
        guard selection.statuses.contains(.cancelled), batch.counts.cancelled > 0, spending.job.reuseWithin == nil
        else { return 0 }
        var cancelled = selection
        cancelled.statuses = [.cancelled]
        try await spending.store.learnAnswers()
        return try await spending.store.forecast(batch.id, requeueing: cancelled, answeredSince: batch.createdAt).reused
    }
}
