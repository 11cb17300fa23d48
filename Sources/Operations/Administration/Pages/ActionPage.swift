import RecordStore
import Results

/// What an action would do, with the button that does it.
struct ActionPage: Equatable {
    /// A status that can be chosen.
    struct Choice: Equatable {
        let value: String
        let title: String
        let count: String
        let isChosen: Bool
    }

    let title: String
    let name: String
    let path: String
    let action: String
    /// Where the button leads.
    let target: String
    /// The statuses that can be chosen; empty: there is nothing to choose.
    let choices: [Choice]
    let reason: String?
    let lines: String?
    let records: String
    let calls: String
    let cost: String
    let time: String?
    let doubleBills: String
    let isCostly: Bool
    let notes: [String]
    let obstacle: String?
    /// Under what it is kept that the button was shown.
    let shown: String
    /// Why it is shown again instead of being done.
    let problem: String?
    let isGrave: Bool
    /// Whether lines can be chosen.
    let hasLines: Bool
    /// Why the batch stands still, where it is to go on; nil: it is not, or nothing is known.
    let standstill: String?
    /// Whether that is something systemic.
    let isHalted: Bool
    let canBeDone: Bool

    /// Makes the page.
    ///
    /// - Parameters:
    ///   - action: What.
    ///   - batch: With which batch.
    ///   - scope: With which of its records.
    ///   - preview: What it would do.
    ///   - offer: Under what it is kept that this is shown.
    ///   - problem: Why it was not done although somebody wanted it; nil: nobody did yet.
    init(
        _ action: BatchAction, _ batch: Batch, _ scope: ActionScope, _ preview: ActionPreview, offer: String,
        problem: String? = nil
    ) {
        (title, name, path, self.action) = (action.title, batch.name, batch.path, action.rawValue)
        target = batch.path(action)
        choices = action == .rerun ? Self.choices(batch, scope) : []
        (reason, lines) = (scope.reason, scope.linesText)
        (records, calls) = (NumberFormat.count(preview.records), NumberFormat.count(preview.calls))
        cost = preview.calls == 0 ? "nothing" : preview.cost?.description ?? "nothing"
        time = preview.calls > 0 ? "at least \(NumberFormat.duration(seconds: preview.seconds))" : nil
        doubleBills = NumberFormat.count(preview.possibleDoubleBills)
        isCostly = preview.possibleDoubleBills > 0
        (notes, obstacle, shown) = (preview.notes, preview.obstacle, offer)
        self.problem = problem
        standstill = [.start, .resume].contains(action) ? batch.reason : nil
        isHalted = batch.state == .halted
        (hasLines, canBeDone) = ([.rerun, .resolve].contains(action), preview.obstacle == nil)
        isGrave = [.cancel, .resolve].contains(action) || preview.possibleDoubleBills > 0
    }

    private static func choices(_ batch: Batch, _ scope: ActionScope) -> [Choice] {
        [RecordStatus.failed, .inDoubt, .cancelled].map { status in
            Choice(
                value: status.rawValue, title: status.rawValue.replacing("_", with: " "),
                count: NumberFormat.count(batch.counts[status]), isChosen: scope.statuses.contains(status))
        }
    }
}

/// What came of something, in sentences.
struct MessagePage: Equatable {
    let title: String
    let tone: String
    let lines: [String]
    let path: String
    let label: String

    init(_ title: String, _ tone: Tone, _ lines: [String], path: String, label: String) {
        (self.title, self.tone, self.lines, self.path, self.label) = (title, tone.rawValue, lines, path, label)
    }
}

/// The page on which one signs in.
struct SignInPage: Equatable {
    let problem: String?
    let next: String?
}
