import Basics
import RecordStore
import Results
import Settings

/// The form by which a file is uploaded under a job.
struct UploadPage: Equatable {
    let jobs: [BatchesPage.Choice]
    let limit: String
    let problem: String?

    /// Makes the page.
    ///
    /// - Parameters:
    ///   - jobs: The names of the jobs that are enabled.
    ///   - chosen: The one that is chosen; nil: none.
    ///   - problem: Why a file was refused; nil: none was.
    init(jobs: [String], chosen: String?, problem: String? = nil) {
        let isNone = chosen.map { !jobs.contains($0) } ?? true
        self.jobs =
            [
                BatchesPage.Choice(
                    value: JobDefinition.unnamed, title: "no job: known columns, the settings' limits", isChosen: isNone
                )
            ] + jobs.sorted().map { BatchesPage.Choice(value: $0, title: $0, isChosen: $0 == chosen) }
        (limit, self.problem) = (NumberFormat.bytes(AdminRoutes.fileLimit), problem)
    }
}

/// What `check` says of an uploaded file, with the button that takes it in.
struct CheckPage: Equatable {
    let file: String
    let records: String
    let invalid: String
    let isDamaged: Bool
    let calls: String
    let time: String
    let cost: String
    /// Calls for lines that may have been answered before.
    let doubleBills: String
    let notes: [String]
    let rules: [BrokenRule]
    let obstacle: String?
    /// What the upload is known by; nil where it cannot be taken in.
    let id: String?

    /// Makes the page.
    ///
    /// - Parameters:
    ///   - finding: What `check` found.
    ///   - id: What the upload is known by.
    ///   - again: Whether it is to be taken in although it was before.
    init(_ finding: CheckFinding, id: String, again: Bool) {
        file = finding.file
        let passesOver = finding.isKnownFinished && !again
        let estimate = finding.estimate(again: again)
        (records, invalid) = (NumberFormat.count(finding.records), NumberFormat.count(finding.invalid))
        isDamaged = finding.invalid > 0
        calls = NumberFormat.count(estimate.calls)
        time = estimate.calls > 0 ? "at least \(NumberFormat.duration(seconds: estimate.seconds))" : "none is needed"
        cost = estimate.calls == 0 ? "nothing" : estimate.cost.description
        let isOnceMore = finding.isKnownFinished && again
        doubleBills = isOnceMore ? "up to \(calls)" : "0"
        notes = Self.notes(finding, estimate)
        rules = finding.rules.map(BrokenRule.init)
        obstacle =
            passesOver
            ? "It was taken in before as \(finding.knownAs ?? "another batch"), which is over: choose it again with the tick to "
                + "take it in once more"
            : finding.knownAs.map { name in
                "It was taken in before as \(name), "
                    + (isOnceMore
                        ? "which is over: all of its lines are sent, and paid, once more"
                        : "which is not over: that batch continues")
            }
        self.id = passesOver ? nil : id
    }

    private static func notes(_ finding: CheckFinding, _ estimate: Estimate) -> [String] {
        let counts = [
            (finding.duplicateRequests, "the same as an earlier line: its call answers them"),
            (finding.duplicateIDs, "with an id that an earlier line has; that is allowed"),
            (finding.reused, "answered within reuse_within: no call"),
            (finding.held, "the same as a record in doubt: held, no call"),
            (finding.cardLikeIDs, "with an id or account that looks like a payment card number"),
        ]
        return counts.filter { $0.0 > 0 }.map { "\(NumberFormat.count($0.0)) \($0.1)" }
            + finding.notes.map { $0.text.drop { $0 == " " } + ": noted, sent all the same" }
            + (finding.blankLines > 0 ? ["\(NumberFormat.count(finding.blankLines, "blank line")) passed over"] : [])
            + finding.waits.map { "taking it in agrees to this: \($0)" }
            + ["not known beforehand: \(finding.notKnown)"]
    }
}

extension BrokenRule {
    init(_ rule: CheckFinding.Rule) {
        self.init(
            rule: rule.subjectAndRule, count: NumberFormat.count(rule.records),
            lines: rule.lines.map(String.init).joined(separator: ", ") + (rule.records > rule.lines.count ? ", …" : ""))
    }
}
