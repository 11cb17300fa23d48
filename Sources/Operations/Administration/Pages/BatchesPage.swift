import Basics
import JobRunner
import RecordStore
import Results

/// A batch as a row of a table.
struct BatchRow: Equatable {
    let name: String
    let path: String
    let file: String
    let job: String
    let state: String
    let tone: String
    let total: String
    let done: String
    /// What became of its records so far.
    let progress: PartedBar
    let failed: String
    let inDoubt: String
    let created: String
    /// How long the rest takes: at least, before it is known how fast it goes; nil: nothing is left, or nothing moves.
    let left: String?
    /// The same in words; nil as above.
    let leftText: String?

    init(_ batch: Batch, _ rest: BatchOutlook.Rest?, rate: Double? = nil) {
        let counts = batch.counts
        (name, path, file, job) = (batch.name, batch.path, batch.fileName, batch.job)
        (state, tone) = (batch.state.words, batch.state.pageTone.rawValue)
        total = NumberFormat.count(counts.total)
        let settled = counts.total - counts.queued - counts.inFlight
        done = NumberFormat.count(settled)
        progress = PartedBar(
            [
                ("answered", counts.succeeded + counts.reused, .good), ("failed", counts.failed, .bad),
                ("in doubt", counts.inDoubt, .warning), ("invalid", counts.invalid, .bad),
                ("cancelled", counts.cancelled, .quiet),
            ], of: counts.total)
        (failed, inDoubt) = (NumberFormat.count(counts.failed + counts.invalid), NumberFormat.count(counts.inDoubt))
        created = NumberFormat.time(batch.createdAt)
        left = rest?.seconds(at: rate).map(NumberFormat.duration)
        leftText = left.map { "\(rate == nil ? "at least" : "about") \($0) left" }
    }
}

/// A table of batches, and what stands there without any. The template `batch-table` shows it.
struct BatchTableView: Equatable {
    let rows: [BatchRow]
    let none: String
}

/// Which batches are shown, and in which order. A pure value, read from a query.
struct BatchFilter: Equatable {
    /// By what they are sorted.
    enum Order: String, CaseIterable {
        case newest, oldest, name, failed, doubt, size
    }

    var state: BatchState?
    var job: String?
    /// A part of the batch's or the file's name, whatever its case.
    var text: String?
    /// The first and the last day on which it was made, as `2026-11-30`, in UTC.
    var from: String?
    var to: String?
    var order = Order.newest
    /// From 1.
    var page = 1

    /// How many are shown at once.
    static let pageSize = 50

    init() {}

    /// Reads a query.
    ///
    /// - Throws: `InvalidAdminValue` for what is no such value: without that filter more would be shown than was asked for.
    init(_ parameters: [String: String]) throws {
        let given = parameters.filter { !$0.value.isEmpty }
        state = try InvalidAdminValue.reading(given["state"], "state", by: BatchState.init(rawValue:))
        (job, text) = (given["job"], given["text"])
        (from, to) = try InvalidAdminValue.reading {
            (try given["from"].map { try CallDay(text: $0).text }, try given["to"].map { try CallDay(text: $0).text })
        }
        order = try InvalidAdminValue.reading(given["order"], "order", by: Order.init(rawValue:)) ?? .newest
        page = try InvalidAdminValue.reading(given["page"], "page", by: InvalidAdminValue.count) ?? 1
    }

    /// The batches that fit, sorted.
    func apply(to batches: [Batch]) -> [Batch] {
        let text = text?.lowercased()
        let found = batches.filter { batch in
            let day = String(NumberFormat.time(batch.createdAt).prefix(10))
            return (state.map { $0 == batch.state } ?? true) && (job.map { $0 == batch.job } ?? true)
                && (from.map { day >= $0 } ?? true) && (to.map { day <= $0 } ?? true)
                && (text.map { "\(batch.name)\n\(batch.fileName)".lowercased().contains($0) } ?? true)
        }
        return found.sorted(by: precedes)
    }

    private func precedes(_ left: Batch, _ right: Batch) -> Bool {
        switch order {
        case .newest: left.id > right.id
        case .oldest: left.id < right.id
        case .name: (left.name, left.id) < (right.name, right.id)
        case .failed: (right.counts.failed, right.id) < (left.counts.failed, left.id)
        case .doubt: (right.counts.inDoubt, right.id) < (left.counts.inDoubt, left.id)
        case .size: (right.counts.total, right.id) < (left.counts.total, left.id)
        }
    }

    /// What it says, as a query has it, without the page.
    var values: [(String, String)] {
        [
            ("state", state?.rawValue), ("job", job), ("text", text), ("from", from), ("to", to),
            ("order", order == .newest ? nil : order.rawValue),
        ].compactMap { name, value in value.map { (name, $0) } }
    }

    /// Whether it lets the same batches through as another one, in whatever order.
    func chooses(as other: BatchFilter) -> Bool {
        (state, job, text) == (other.state, other.job, other.text) && (from, to) == (other.from, other.to)
    }

    /// The address of another page of the same.
    func path(page: Int) -> String {
        let query = (values + (page == 1 ? [] : [("page", String(page))])).map { name, value in
            "\(name)=\(PercentCoding.encoded(value))"
        }
        return query.isEmpty ? "/batches" : "/batches?" + query.joined(separator: "&")
    }
}

/// The list of batches.
struct BatchesPage: Equatable {
    /// A choice of a list.
    struct Choice: Equatable {
        let value: String
        let title: String
        let isChosen: Bool
    }

    let table: BatchTableView
    let states: [Choice]
    let jobs: [Choice]
    let orders: [Choice]
    let text: String?
    let from: String?
    let to: String?
    /// How many fit, in words.
    let found: String
    let previous: String?
    let following: String?
    let isFiltered: Bool
    /// What can be done with all that fit.
    let actions: [BatchPage.Button]

    /// Makes the page.
    ///
    /// - Parameters:
    ///   - batches: All of them.
    ///   - filter: Which to show.
    ///   - rest: What is left of a batch.
    ///   - rate: How fast it goes, where that was measured.
    init(
        _ batches: [Batch], _ filter: BatchFilter, rest: (Batch) -> BatchOutlook.Rest?,
        rate: (Batch) -> Double? = { _ in nil }
    ) {
        let matching = filter.apply(to: batches)
        let pages = max(1, (matching.count + BatchFilter.pageSize - 1) / BatchFilter.pageSize)
        let page = min(filter.page, pages)
        let shown = matching.dropFirst((page - 1) * BatchFilter.pageSize).prefix(BatchFilter.pageSize)
        table = BatchTableView(
            rows: shown.map { BatchRow($0, rest($0), rate: rate($0)) },
            none: batches.isEmpty ? "No file has been taken in yet." : "No batch fits.")
        states = Self.choices(BatchState.allCases.map { ($0.rawValue, $0.words) }, filter.state?.rawValue, "all states")
        jobs = Self.choices(Set(batches.map(\.job)).sorted().map { ($0, $0) }, filter.job, "all jobs")
        let titles: [BatchFilter.Order: String] = [
            .newest: "newest first", .oldest: "oldest first", .name: "by name", .failed: "most failed",
            .doubt: "most in doubt", .size: "largest",
        ]
        orders = BatchFilter.Order.allCases.map {
            Choice(value: $0.rawValue, title: titles[$0] ?? $0.rawValue, isChosen: $0 == filter.order)
        }
        (text, from, to) = (filter.text, filter.from, filter.to)
        let count = Counted.things(matching.count, "batch")
        found = pages == 1 ? count : "\(count), page \(page) of \(pages)"
        previous = page > 1 ? filter.path(page: page - 1) : nil
        following = page < pages ? filter.path(page: page + 1) : nil
        var plain = BatchFilter()
        (plain.order, plain.page) = (filter.order, filter.page)
        isFiltered = filter != plain
        actions = SelectionPage.offered(for: matching, filter)
    }

    private static func choices(_ values: [(String, String)], _ chosen: String?, _ none: String) -> [Choice] {
        [Choice(value: "", title: none, isChosen: chosen == nil)]
            + values.map { Choice(value: $0.0, title: $0.1, isChosen: $0.0 == chosen) }
    }

    /// Reads what the page shows.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    static func read(_ context: DaemonContext, _ filter: BatchFilter) async throws -> BatchesPage {
        let outlooks = try await BatchOutlooks(context.configuration.place, context.store, at: context.clock.now)
        return BatchesPage(try await context.store.batches(), filter, rest: outlooks.rest, rate: outlooks.rate)
    }
}

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
