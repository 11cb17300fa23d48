import RecordStore
import Settings

/// What sending selected records again would do, before anything is queued: the one source of what `rerun` warns of and
/// of what the administration's page shows.
struct RequeueProposal {
    /// The selected records, and what is in doubt among them.
    let selected: SelectedInDoubt
    /// What they would cost, and whether somebody has to agree.
    let admission: AdmissionPolicy
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
        admission = try await spending.admission(ofRequeueing: selection, in: batch)
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
            answeredElsewhereText, admission.reason,
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
