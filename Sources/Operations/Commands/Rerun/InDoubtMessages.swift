import Basics
import RecordStore

/// What an operator can do about records in doubt, in words.
enum InDoubtMessages {
    /// What there is to decide about a batch's records, one part for each kind there is.
    static func decisions(on inDoubtSummary: InDoubtSummary, of batch: String) -> [String] {
        var parts = [String]()
        if inDoubtSummary.perhapsBilled > 0 {
            parts.append(
                "\(NumberFormat.count(inDoubtSummary.perhapsBilled)) perhaps billed: "
                    + "\(Hint.rerun(batch: batch, status: "in_doubt")) says what sending them again may cost")
        }
        if inDoubtSummary.answered > 0 {
            parts.append(
                "\(NumberFormat.count(inDoubtSummary.answered)) answered and billed, but not read: "
                    + "\(Hint.rerun(batch: batch, status: "in_doubt")) tries today's key on what is kept")
        }
        if inDoubtSummary.repeated > 0 {
            parts.append(
                "\(NumberFormat.count(inDoubtSummary.repeated)) with the answer to another call, perhaps billed")
        }
        if inDoubtSummary.held > 0 {
            parts.append(
                "\(NumberFormat.count(inDoubtSummary.held)) held, not sent: \(nextStepText(for: inDoubtSummary, of: batch))"
            )
        }
        if inDoubtSummary.resolved > 0 {
            parts.append("\(NumberFormat.count(inDoubtSummary.resolved)) resolved as failed by hand, perhaps billed")
        }
        return parts
    }

    /// What has to be settled before held records are sent.
    static func settleFirst(_ inDoubtSummary: InDoubtSummary) -> String? {
        guard let first = inDoubtSummary.firstHolder else { return nil }
        let others = inDoubtSummary.holders.count - 1
        let more = others > 0 ? " and \(NumberFormat.count(others, "other"))" : ""
        let (given, sent) = (
            Hint.resolve(batch: first.batch, line: first.line, decision: "failed"),
            Hint.resolve(batch: first.batch, line: first.line, decision: "queued", agreed: true)
        )
        return "settle line \(first.line) of \(first.batch)\(more) first: \(given) gives it up, \(sent) sends it again"
    }

    /// Why records that were selected to be sent again would only be held again; nil: they would not.
    static func held(_ inDoubtSummary: InDoubtSummary) -> String? {
        settleFirst(inDoubtSummary).map {
            "\(NumberFormat.count(inDoubtSummary.held, "record")) would only be held again: \($0)"
        }
    }

    /// The cost of sending records again that already have an answer; nil if none has one. It is printed even if the
    /// operator has already agreed.
    static func billedTwice(_ inDoubtSummary: InDoubtSummary) -> String? {
        var parts = [String]()
        if inDoubtSummary.answered > 0 {
            parts.append(
                "\(Counted.things(inDoubtSummary.answered, "record")) \(Counted.verb(inDoubtSummary.answered, "was", "were")) answered and "
                    + "surely billed, but today's key does not open what is kept of the answer")
        }
        if inDoubtSummary.repeated > 0 {
            parts.append(
                "\(Counted.things(inDoubtSummary.repeated, "record")) got the answer to another call, which is kept and may have "
                    + "been billed")
        }
        guard !parts.isEmpty else { return nil }
        let them = Counted.verb(inDoubtSummary.answered + inDoubtSummary.repeated, "it", "them")
        return parts.joined(separator: "; ") + "; sending \(them) again pays once more"
    }

    /// Why an operator has to agree before records are sent again; nil if none may have been billed.
    static func perhapsBilledTwice(_ inDoubtSummary: InDoubtSummary) -> String? {
        let kinds = [
            (inDoubtSummary.perhapsBilled, "in doubt"), (inDoubtSummary.resolved, "resolved as failed by hand"),
        ].filter { $0.0 > 0 }
        guard !kinds.isEmpty else { return nil }
        let told = kinds.map { "\(NumberFormat.count($0.0, "record")) \($0.1)" }.joined(separator: " and ")
        let records = kinds.reduce(0) { $0 + $1.0 }
        return "\(told) may have been billed already; sending \(Counted.verb(records, "it", "them")) again may bill "
            + "\(Counted.things(records, "call")) a second time"
    }

    private static func nextStepText(for inDoubtSummary: InDoubtSummary, of batch: String) -> String {
        settleFirst(inDoubtSummary)
            ?? "what held them is in doubt no more: \(Hint.rerun(batch: batch, status: "in_doubt")) sends them"
    }
}

/// The doubts about records that an operator wants to send again.
struct SelectedInDoubt {
    /// How many records are selected.
    private(set) var records = 0
    /// How many were left out, because their persons were forgotten: nothing is left of them that could be sent.
    private(set) var forgotten = 0
    /// Those that may have been billed, or are held, in all.
    private(set) var own = InDoubtSummary()
    /// Those that would only be held again: what holds them is not among the selected.
    private(set) var heldByOthers = InDoubtSummary()

    /// Looks at the records of a batch.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    init(_ selection: RequeueSelection, of batch: BatchID, in store: RecordStore) async throws {
        try await store.forEachRecord(batch, statuses: selection.statuses, lines: selection.lines) { view in
            guard selection.reasonCode == nil || selection.reasonCode == view.reasonCode else { return }
            guard selection.includesForgotten || view.forgottenAt == nil else {
                forgotten += 1
                return
            }
            records += 1
            own.add(view)
            guard let holder = view.holder, !selection.takes(holder, of: batch) else { return }
            heldByOthers.addHeld(by: holder)
        }
    }

    /// Whether nothing would be sent.
    var areAllHeldByOthers: Bool { records > 0 && heldByOthers.held == records }
}

extension RequeueSelection {
    /// Whether a record in doubt is among the selected.
    fileprivate func takes(_ holder: RecordReference, of batch: BatchID) -> Bool {
        holder.record.batch == batch && statuses.contains(.inDoubt) && reasonCode == nil
            && lines?.contains(holder.line) ?? true
    }
}
