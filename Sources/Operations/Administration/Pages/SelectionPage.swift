import Basics
import RecordStore
import Results

/// What an action would do to all batches that fit a filter, with the button that does it.
struct SelectionPage: Equatable {
    /// One of the batches.
    struct Row: Equatable {
        let name: String
        let path: String
        let state: String
        let tone: String
        let records: String
        let calls: String
        let doubleBills: String
    }

    /// A value that the button sends along.
    struct Hidden: Equatable {
        let name: String
        let value: String
    }

    let title: String
    let found: String
    /// Where the button leads.
    let target: String
    /// Back to the list.
    let list: String
    let hidden: [Hidden]
    let rows: [Row]
    let records: String
    let calls: String
    let cost: String
    let doubleBills: String
    let isCostly: Bool
    let isGrave: Bool
    let notes: [String]
    /// Why it is shown again instead of being done.
    let problem: String?
    let canBeDone: Bool

    /// Makes the page.
    ///
    /// - Parameters:
    ///   - action: What.
    ///   - filter: Which batches.
    ///   - scope: Which of their records.
    ///   - selection: What it would do.
    ///   - offer: What this is known by when the button is pressed.
    ///   - problem: Why it was not done although somebody wanted it; nil: nobody did yet.
    init(
        _ action: BatchAction, _ filter: BatchFilter, _ scope: ActionScope, _ selection: SelectionPreview,
        offer: String, problem: String? = nil
    ) {
        title = action.title
        found = Counted.things(selection.parts.count, "batch")
        (target, list, self.problem) = ("/selection/\(action.rawValue)", filter.path(page: 1), problem)
        hidden = Self.hidden(action, filter, scope, shown: offer)
        rows = selection.parts.map { part in
            Row(
                name: part.batch.name, path: part.batch.path, state: part.batch.state.words,
                tone: part.batch.state.pageTone.rawValue, records: NumberFormat.count(part.preview.records),
                calls: NumberFormat.count(part.preview.calls),
                doubleBills: NumberFormat.count(part.preview.possibleDoubleBills))
        }
        (records, calls) = (NumberFormat.count(selection.records), NumberFormat.count(selection.calls))
        cost = selection.cost?.description ?? "nothing"
        doubleBills = NumberFormat.count(selection.possibleDoubleBills)
        isCostly = selection.possibleDoubleBills > 0
        isGrave = [.cancel, .resolve].contains(action) || isCostly
        notes = Self.notes(selection)
        canBeDone = !selection.parts.isEmpty
    }

    private static func hidden(
        _ action: BatchAction, _ filter: BatchFilter, _ scope: ActionScope, shown: String
    ) -> [Hidden] {
        let statuses = action == .rerun ? scope.statuses.map(\.rawValue).sorted() : []
        return [Hidden(name: "shown", value: shown)]
            + filter.values.filter { $0.0 != "order" }.map { Hidden(name: $0.0, value: $0.1) }
            + statuses.map { Hidden(name: "status", value: $0) }
    }

    private static func notes(_ selection: SelectionPreview) -> [String] {
        let leftOut = selection.leftOut
        var notes = leftOut.prefix(mostNamed).map { "left out: \($0)" }
        if leftOut.count > mostNamed { notes.append("left out: \(NumberFormat.count(leftOut.count - mostNamed)) more") }
        if selection.beyond > 0 {
            notes.append(
                "\(NumberFormat.count(selection.beyond)) more fit: at most \(SelectionPreview.capacity) at once")
        }
        return notes
    }

    /// How many of those left out are named.
    private static let mostNamed = 10

    /// The actions that can be done with at least one of some batches, each with the address that shows what it would do.
    static func offered(for batches: [Batch], _ filter: BatchFilter) -> [BatchPage.Button] {
        let query = filter.values.filter { $0.0 != "order" }.map { "\($0.0)=\(PercentCoding.encoded($0.1))" }
        let possible = Set(batches.flatMap(BatchAction.offered(for:)))
        return BatchAction.allCases.filter(possible.contains).map { action in
            BatchPage.Button(
                title: action.title,
                path: "/selection/\(action.rawValue)" + (query.isEmpty ? "" : "?" + query.joined(separator: "&")),
                isGrave: [.cancel, .resolve].contains(action))
        }
    }
}
