import Basics
import RecordStore

/// What a person can do about records in doubt, in words.
enum DoubtText {
    /// What there is to decide about a batch's records, one part for each kind there is.
    static func decisions(on doubts: Doubts, of batch: String) -> [String] {
        var parts = [String]()
        if doubts.perhapsBilled > 0 {
            parts.append(
                "\(Figures.count(doubts.perhapsBilled)) perhaps billed: "
                    + "\(Hint.rerun(batch: batch, status: "in_doubt", agreed: true)) sends them again")
        }
        if doubts.answered > 0 {
            parts.append(
                "\(Figures.count(doubts.answered)) answered and billed, but not read: "
                    + "\(Hint.rerun(batch: batch, status: "in_doubt")) tries today's key on what is kept")
        }
        if doubts.repeated > 0 {
            parts.append("\(Figures.count(doubts.repeated)) with the answer to another call, perhaps billed")
        }
        if doubts.held > 0 {
            parts.append("\(Figures.count(doubts.held)) held, not sent: \(wayOn(for: doubts, of: batch))")
        }
        if doubts.resolved > 0 {
            parts.append("\(Figures.count(doubts.resolved)) resolved as failed by hand, perhaps billed")
        }
        return parts
    }

    /// What has to be settled before held records are sent.
    static func settleFirst(_ doubts: Doubts) -> String? {
        guard let first = doubts.firstHolder else { return nil }
        let others = doubts.holders.count - 1
        let more = others > 0 ? " and \(Figures.count(others, "other"))" : ""
        let (given, sent) = (
            Hint.resolve(batch: first.batch, line: first.line, decision: "failed"),
            Hint.resolve(batch: first.batch, line: first.line, decision: "queued", agreed: true)
        )
        return "settle line \(first.line) of \(first.batch)\(more) first: \(given) gives it up, \(sent) sends it again"
    }

    /// Why records that were selected to be sent again would only be held again; nil: they would not.
    static func held(_ doubts: Doubts) -> String? {
        settleFirst(doubts).map {
            "\(Figures.count(doubts.held, "record")) would only be held again: \($0)"
        }
    }

    /// What sending records again costs whose answer is there; nil where none has one. It is said however the person
    /// agreed.
    static func billedTwice(_ doubts: Doubts) -> String? {
        var parts = [String]()
        if doubts.answered > 0 {
            parts.append(
                "\(Counted.things(doubts.answered, "record")) \(Counted.verb(doubts.answered, "was", "were")) answered and "
                    + "surely billed, but today's key does not open what is kept of the answer")
        }
        if doubts.repeated > 0 {
            parts.append(
                "\(Counted.things(doubts.repeated, "record")) got the answer to another call, which is kept and may have "
                    + "been billed")
        }
        guard !parts.isEmpty else { return nil }
        let them = Counted.verb(doubts.answered + doubts.repeated, "it", "them")
        return parts.joined(separator: "; ") + "; sending \(them) again pays once more"
    }

    /// Why a person has to agree before records are sent again; nil where none may have been billed.
    static func perhapsBilledTwice(_ doubts: Doubts) -> String? {
        let kinds = [
            (doubts.perhapsBilled, "in doubt"), (doubts.resolved, "resolved as failed by hand"),
        ].filter { $0.0 > 0 }
        guard !kinds.isEmpty else { return nil }
        let told = kinds.map { "\(Figures.count($0.0, "record")) \($0.1)" }.joined(separator: " and ")
        let records = kinds.reduce(0) { $0 + $1.0 }
        return "\(told) may have been billed already; sending \(Counted.verb(records, "it", "them")) again may bill "
            + "\(Counted.things(records, "call")) a second time"
    }

    private static func wayOn(for doubts: Doubts, of batch: String) -> String {
        settleFirst(doubts)
            ?? "what held them is in doubt no more: \(Hint.rerun(batch: batch, status: "in_doubt")) sends them"
    }
}
