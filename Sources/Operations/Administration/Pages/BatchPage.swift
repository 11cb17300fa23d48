import Basics
import Foundation
import JobRunner
import RecordStore
import Results
import Settings

/// One batch: how far it is, what became of its records and why, its files, and what was done with it.
struct BatchPage: Equatable {
    /// A thing to know, with its name.
    struct Fact: Equatable {
        let name: String
        let value: String
    }

    /// A button.
    struct Button: Equatable {
        let title: String
        let path: String
        let isGrave: Bool
    }

    /// A result file.
    struct File: Equatable {
        let name: String
        /// Nil where it is not handed out here.
        let link: String?
        let size: String
    }

    /// What somebody did.
    struct Event: Equatable {
        let time: String
        let who: String
        let what: String
        let detail: String?
    }

    let row: BatchRow
    let reason: String?
    let overdue: String?
    let facts: [Fact]
    let statuses: [ShareBar]
    let buttons: [Button]
    /// How its records came to their end over time; nil before any did.
    let timeline: TimelineChart?
    let reasons: [UnansweredReason]
    /// Whether whoever looks may send them again.
    let canRerun: Bool
    let reasonsNote: String?
    let rules: [BrokenRule]
    let latency: [Fact]
    /// Of which calls these are; nil: of all.
    let latencyNote: String?
    let scores: [ScoreChart]
    let files: [File]
    let filesNote: String?
    /// Why there are none.
    let noFiles: String
    let events: [Event]
    let path: String
    /// Whether there are lines of which the attempts can be looked at.
    let hasAttempts: Bool
}

extension BatchPage {
    /// Reads what the page shows.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    static func read(
        _ batch: Batch, _ context: DaemonContext, _ counted: CountedReasons, for visitor: AdminVisitor
    ) async throws -> BatchPage {
        let (place, store) = (context.configuration.place, context.store)
        let outlooks = try await BatchOutlooks(place, store, at: context.clock.now)
        let outlook = try await outlooks.outlook(of: batch)
        let figures = try await counted.reasons(of: batch, in: store, at: context.clock.monotonic)
        let summary = await outlook.results.asyncMap { folder in
            await BlockingWork.run { BatchSummary.read(folder: folder) }
        }
        let times = summary == nil ? try await latestCallTimes(of: batch, in: store) : []
        let files = BatchFileList(
            batch, summary, downloads: place.settings.administration?.downloads ?? false, for: visitor)
        return BatchPage(
            row: BatchRow(batch, outlook.rest, rate: outlook.rate), reason: batch.reason,
            overdue: outlook.overdue?.text,
            facts: facts(
                batch, outlook, possibleDoubleBills: try await doubleBills(of: batch, summary, in: store),
                at: context.clock.now),
            statuses: statuses(batch),
            buttons: visitor.isOperator
                ? BatchAction.offered(for: batch).map {
                    Button(title: $0.title, path: batch.path($0), isGrave: [.cancel, .resolve].contains($0))
                } : [],
            timeline: TimelineChart(context.progress[batch.id]?.timeline ?? summary?.timeline),
            reasons: figures.rows(of: batch),
            canRerun: visitor.isOperator && BatchAction.offered(for: batch).contains(.rerun), reasonsNote: figures.note,
            rules: figures.rules, latency: latency(summary?.latency ?? BatchSummary.Latency(times)),
            latencyNote: times.isEmpty ? nil : "of the last \(NumberFormat.count(times.count, "answered call"))",
            scores: summary.map(ScoreChart.all) ?? [],
            files: files.files, filesNote: files.note, noFiles: noFiles(batch, outlook.home),
            events: try await store.actions(of: batch.id).reversed().map(Event.init), path: batch.path,
            hasAttempts: batch.counts.total > 0)
    }

    private static func noFiles(_ batch: Batch, _ home: BatchHome?) -> String {
        if let home, !home.hasFilesHere {
            return "Its files are on node \(home.node) (\(home.host)), which shows them."
        }
        return "Its results are written when it is over."
    }

    /// How many of the last calls are looked at before there is a summary, which has all.
    private static let latencyCalls = 1_000

    private static func latestCallTimes(of batch: Batch, in store: RecordStore) async throws -> [Duration] {
        guard batch.startedAt != nil, !batch.state.isFinished else { return [] }
        return try await store.lastCallTimes(of: batch.id, among: latencyCalls)
    }

    /// Counted when the files were written; else from the ledger, unless that would disturb the batch's calls.
    private static func doubleBills(
        of batch: Batch, _ summary: BatchSummary?, in store: RecordStore
    ) async throws -> Int? {
        if let summary { return summary.calls.possibleDoubleBills }
        return BatchReasons.isTooLarge(batch) ? nil : try await DoubleBills.count(in: store, batch)
    }

    static func facts(_ batch: Batch, _ outlook: BatchOutlook, possibleDoubleBills: Int?, at now: WallTime) -> [Fact] {
        let counts = batch.counts
        let isMoving = batch.state == .running && !outlook.isStopped && !outlook.isWaiting
        let rest = outlook.rest.map { $0.text(at: outlook.rate, isMoving: isMoving) }
        let running = batch.startedAt.map { start in
            Double(((batch.finishedAt ?? now) - start).milliseconds) / 1_000
        }
        let facts: [(String, String?)] = [
            ("Job", batch.job), ("File", batch.fileName), ("To go", rest),
            ("Calls made", NumberFormat.count(counts.calls)),
            ("Retries", NumberFormat.count(counts.retries)), ("Cost", outlook.cost.description),
            ("Possible double bills", possibleDoubleBills.map(NumberFormat.count)),
            ("Taken in", NumberFormat.time(batch.createdAt)), ("First call", batch.startedAt.map(NumberFormat.time)),
            ("Finished", batch.finishedAt.map(NumberFormat.time)),
            ("Running time", running.map(NumberFormat.duration)),
            ("Taken in by", "\(batch.provenance.user) on \(batch.provenance.host)"),
            ("Results", outlook.results),
        ]
        return facts.compactMap { name, value in value.map { Fact(name: name, value: $0) } }
    }

    static func statuses(_ batch: Batch) -> [ShareBar] {
        RecordStatus.allCases.filter { batch.counts[$0] > 0 }.map { status in
            ShareBar(
                status.rawValue.replacing("_", with: " "), batch.counts[status], of: batch.counts.total,
                tone: status.pageTone, link: batch.recordsPath(status))
        }
    }

    static func latency(_ latency: BatchSummary.Latency?) -> [Fact] {
        guard let latency else { return [] }
        return [
            ("half within", latency.median), ("95 in 100 within", latency.p95), ("99 in 100 within", latency.p99),
            ("longest", latency.longest),
        ].map { Fact(name: $0.0, value: "\(NumberFormat.count($0.1)) ms") }
    }
}

extension BatchPage.Event {
    init(_ action: Action) {
        time = NumberFormat.time(action.at)
        who = "\(action.provenance.user) on \(action.provenance.host)"
        (what, detail) = (action.name.rawValue.replacing("_", with: " "), action.detail)
    }
}

extension RecordStatus {
    /// How a record with it stands.
    var pageTone: Tone {
        switch self {
        case .queued, .cancelled: .quiet
        case .inFlight: .busy
        case .succeeded, .reused: .good
        case .failed, .invalid: .bad
        case .inDoubt: .warning
        }
    }
}

extension Optional where Wrapped: Sendable {
    /// The same as `map`, for what has to be awaited.
    fileprivate func asyncMap<Value>(_ body: (Wrapped) async -> Value?) async -> Value? {
        guard let self else { return nil }
        return await body(self)
    }
}

/// The result files of a batch, as far as somebody may have them.
struct BatchFileList: Equatable {
    let files: [BatchPage.File]
    /// Why some are not handed out; nil: all are.
    let note: String?

    /// What holds counts only, so that everybody who may look may have it.
    static let harmless: Set<String> = ["summary.json", "report.html"]

    /// Decides. A pure rule.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - summary: What its `summary.json` says; nil: there are no files of it as it is now.
    ///   - downloads: Whether the settings let others than these be had here.
    ///   - visitor: Who asks.
    init(_ batch: Batch, _ summary: BatchSummary?, downloads: Bool, for visitor: AdminVisitor) {
        guard let summary else {
            (files, note) = ([], nil)
            return
        }
        let mayHaveAll = downloads && visitor.isOperator
        files =
            Self.harmless.sorted().map { BatchPage.File(name: $0, link: Self.path(batch, $0), size: "") }
            + summary.files.filter { !Self.harmless.contains($0.name) }.map { file in
                let link = mayHaveAll ? Self.path(batch, file.name) : nil
                return BatchPage.File(name: file.name, link: link, size: NumberFormat.bytes(file.bytes))
            }
        note =
            mayHaveAll
            ? nil
            : downloads
                ? "files with what records hold are for operators"
                : "files with what records hold stay in the results' folder (admin.downloads: false)"
    }

    private static func path(_ batch: Batch, _ name: String) -> String {
        "\(batch.path)/files/\(PercentCoding.encoded(name))"
    }

    /// The path on the disk of a file of a batch that may be handed out; nil: there is no such file for this visitor.
    static func location(
        of name: String, in folder: String, _ summary: BatchSummary?, downloads: Bool, for visitor: AdminVisitor
    ) -> String? {
        if harmless.contains(name) { return "\(folder)/\(name)" }
        guard downloads, visitor.isOperator, summary?.files.contains(where: { $0.name == name }) ?? false else {
            return nil
        }
        return "\(folder)/\(name)"
    }

    /// What a browser is told that a file is.
    static func contentType(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "json": "application/json"
        case "csv": "text/csv; charset=utf-8"
        default: "application/octet-stream"
        }
    }
}

/// How a batch's records came to their end over time, as columns. A pure value: places in units of its drawing, 600 wide
/// and 80 high.
struct TimelineChart: Equatable {
    /// What ended in one step in one way.
    struct Part: Equatable {
        let x: String
        let y: String
        let width: String
        let height: String
        let tone: String
        /// What a pointer that rests there reads.
        let text: String
    }

    let parts: [Part]
    /// The time of the left end.
    let from: String
    /// How long the whole is.
    let length: String
    /// What the top of the drawing stands for.
    let top: String
    /// In words, for who does not see the drawing.
    let description: String

    private static let size = (width: 600.0, height: 80.0)

    /// Draws a timeline; nil where nothing has ended.
    init?(_ timeline: SettlementTimeline?) {
        guard let timeline, let most = timeline.answered.indices.map(timeline.total).max(), most > 0 else { return nil }
        let steps = timeline.answered.count
        let (width, unit) = (Self.size.width / Double(max(steps, 12)), Self.size.height / Double(most))
        parts = timeline.answered.indices.flatMap { step in
            var top = Self.size.height
            return [
                ("answered", Tone.good, timeline.answered[step]), ("failed", Tone.bad, timeline.failed[step]),
                ("in doubt", Tone.warning, timeline.inDoubt[step]),
            ].filter { $0.2 > 0 }.map { name, tone, count in
                // What there is can be seen, however small its share.
                let height = max(1.5, Double(count) * unit)
                top -= height
                return Part(
                    x: Self.number(width * Double(step) + width * 0.1), y: Self.number(max(0, top)),
                    width: Self.number(width * 0.8), height: Self.number(height), tone: tone.rawValue,
                    text: "after \(Self.time(step * timeline.stepSeconds)): \(NumberFormat.count(count)) \(name)")
            }
        }
        from = timeline.from.prefix(19).replacing("T", with: " ") + " UTC"
        length = Self.time(steps * timeline.stepSeconds)
        top = "\(NumberFormat.count(most, "record")) in \(Self.time(timeline.stepSeconds))"
        let sums = [(timeline.answered, "answered"), (timeline.failed, "failed"), (timeline.inDoubt, "in doubt")]
        description =
            "In \(length): "
            + sums.map { "\(NumberFormat.count($0.0.reduce(0, +))) \($0.1)" }.joined(separator: ", ")
            + "; at most \(top)"
    }

    private static func time(_ seconds: Int) -> String { NumberFormat.duration(seconds: Double(seconds)) }

    private static func number(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
