import Basics
import Foundation
import RecordStore
import Results
import Settings

/// Batches in readable form, in the width there is. A pure value.
struct BatchTable {
    /// What a line says of one batch.
    struct Row {
        let batch: Batch
        var isStopped = false
        /// Whether the process that runs it makes no calls just now.
        var isWaiting = false
        /// What is left to be sent; nil if nothing is, or if it is not known yet how much.
        var rest: BatchOutlook.Rest?
        var cost = Cost.unknown
        /// Records finished per second, measured; nil: it was not, and the time to go is the least there can be.
        var measuredRate: Double?
        /// That it is older than its retention allows and still needed; nil where it is not.
        var overdue: RetentionPlan.Kept?
    }

    private static let columns: [TextTable.Column] = [
        .init(title: "BATCH", rank: 0, isName: true), .init(title: "STATE", rank: 0),
        .init(title: "DONE", rank: 1, isNumeric: true), .init(title: "FAILED", rank: 2, isNumeric: true),
        .init(title: "INVALID", rank: 6, isNumeric: true), .init(title: "IN DOUBT", rank: 3, isNumeric: true),
        .init(title: "ETA", rank: 4, isNumeric: true), .init(title: "RATE", rank: 7, isNumeric: true),
        .init(title: "COST", rank: 5, isNumeric: true), .init(title: "CREATED", rank: 8),
    ]

    private let rows: [Row]

    /// Describes batches, a line each.
    init(_ rows: [Row]) { self.rows = rows }

    /// The lines, the header first; then which batches are older than their retention allows, and why they are not
    /// purged.
    ///
    /// - Parameter width: Columns of the terminal; nil: as wide as it takes.
    /// - Returns: The header and the rows.
    func lines(fitting width: Int?) -> [StyledText] {
        TextTable(Self.columns, rows: rows.map(\.cells)).lines(fitting: width)
            + Self.overdueLines(rows.compactMap(\.overdue)).map { StyledText($0) }
    }

    /// Which batches are older than their retention allows, and why they are not purged.
    static func overdueLines(_ overdue: [RetentionPlan.Kept]) -> [String] {
        overdue.map { "not purged although older than its retention: \($0.batch.name) \($0.text)" }
    }

    /// Cells padded to the widest of their column, two spaces between columns.
    static func aligned(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }
            return cells.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}

extension BatchTable.Row {
    fileprivate var cells: [TextTable.Cell] {
        let counts = batch.counts
        let done = counts.total - counts.queued - counts.inFlight
        // Where nobody sends, nothing moves at any rate.
        let isMoving = batch.state == .running && !isStopped && !isWaiting
        let rate = isMoving ? measuredRate : nil
        let seconds = isMoving ? rest?.seconds(at: rate) : nil
        return [
            .init(batch.name), .init(batch.stateText(isStopped: isStopped), batch.stateTone(isStopped: isStopped)),
            .init("\(NumberFormat.count(done))/\(NumberFormat.count(counts.total))"),
            .init(NumberFormat.count(counts.failed), counts.failed > 0 ? .bad : nil),
            .init(NumberFormat.count(counts.invalid), counts.invalid > 0 ? .bad : nil),
            .init(NumberFormat.count(counts.inDoubt), counts.inDoubt > 0 ? .doubtful : nil),
            .init(seconds.map(NumberFormat.duration) ?? "-"),
            .init(rate.map { "\(NumberFormat.rate($0))/s" } ?? "-"),
            .init(cost == .unknown ? "-" : cost.description), .init(NumberFormat.time(batch.createdAt)),
        ]
    }
}

extension BatchOutlook.Rest {
    /// Seconds to go at a measured rate, at the rate that is allowed where none was measured; nil while nothing moves.
    func seconds(at measured: Double?) -> Double? {
        guard let measured else { return seconds }
        return measured > 0 ? Double(calls) / measured : nil
    }

    func text(at measured: Double?, isMoving: Bool) -> String {
        let calls = NumberFormat.count(calls, "call")
        let allowed = "\(NumberFormat.rate(rate))/s"
        guard isMoving, measured != nil else {
            let condition = isMoving ? "" : " once it moves"
            return "\(calls), at least \(NumberFormat.duration(seconds: seconds)) at \(allowed)\(condition)"
        }
        guard let left = seconds(at: measured) else { return "\(calls); nothing moves, \(allowed) are allowed" }
        return "\(calls), about \(NumberFormat.duration(seconds: left)); \(allowed) are allowed"
    }
}

extension Batch {
    /// What its state means to whoever looks after it.
    func stateTone(isStopped: Bool) -> StyledText.Tone? {
        switch state {
        case .running: isStopped ? .doubtful : .good
        case .awaitingConfirmation, .paused: .doubtful
        case .halted, .rejected: .bad
        case .ingesting: .good
        case .completed, .cancelled: nil
        }
    }
}

/// All that `status BATCH` says of one batch. A pure value.
struct BatchDetail {
    let batch: Batch
    let outlook: BatchOutlook
    /// When a cap that paused it resets.
    var resumesAt: WallTime?
    /// Records finished per second, measured; nil: only the rate that is allowed is known.
    var measuredRate: Double?

    /// The lines.
    ///
    /// - Parameter width: Columns of the terminal; nil: as wide as it takes.
    /// - Returns: The header and the rows.
    func lines(fitting width: Int?) -> [StyledText] {
        var rows: [(label: String, value: String, tone: StyledText.Tone?)] = [
            ("batch", batch.name, .strong), ("file", batch.fileName, nil), ("job", batch.job, nil),
            (
                "state", batch.stateText(isStopped: outlook.isStopped),
                batch.stateTone(isStopped: outlook.isStopped)
            ),
        ]
        func add(_ label: String, _ value: String?, _ tone: StyledText.Tone? = nil) {
            if let value { rows.append((label, value, tone)) }
        }
        add("node", outlook.home.map { "\($0.node) on \($0.host)" })
        add("reason", batch.reason)
        if outlook.isStopped { add("resumes", "when its file is run again, or by \(Hint.daemon)") }
        add("resumes", resumesAt.map { "\(NumberFormat.time($0)), by itself where a daemon runs" })
        add("created", NumberFormat.time(batch.createdAt))
        add("finished", batch.finishedAt.map(NumberFormat.time))
        for scope in PurgeScope.allCases {
            add("\(scope.rawValue) purged", batch.purged[scope].map(NumberFormat.time))
        }
        add("not purged", outlook.overdue.map { "although older than its retention: it \($0.text)" }, .doubtful)
        add("records", NumberFormat.count(batch.counts.total))
        for status in RecordStatus.allCases where batch.counts[status] > 0 {
            add("  \(status.rawValue)", NumberFormat.count(batch.counts[status]), status.tone)
        }
        add("calls", NumberFormat.count(batch.counts.calls))
        add("retries", NumberFormat.count(batch.counts.retries))
        add("cost", outlook.cost.description)
        add("rate", measuredRate.map { "\(NumberFormat.rate($0))/s" })
        let isMoving = batch.state == .running && !outlook.isStopped && !outlook.isWaiting
        add("to go", outlook.rest.map { $0.text(at: measuredRate, isMoving: isMoving) })
        add("results", outlook.results)
        return LabelledText(rows).lines(fitting: width)
    }
}

extension RecordStatus {
    /// What a record's status means to whoever looks after the batch.
    fileprivate var tone: StyledText.Tone? {
        switch self {
        case .failed, .invalid: .bad
        case .inDoubt: .doubtful
        case .succeeded, .reused: .good
        case .queued, .inFlight, .cancelled: nil
        }
    }
}

/// What `status` shows of a batch besides its counters: whether a process sends its records, where its results are,
/// what it has cost, and how long the rest takes.
struct BatchOutlook: Equatable {
    /// What is left to be sent.
    struct Rest: Equatable {
        let calls: Int
        /// Calls per second that the settings, the job and a runner allow.
        let rate: Double

        /// The least time it takes, in seconds.
        var seconds: Double { Double(calls) / rate }
    }

    /// Whether it may run, and no process runs it: it was interrupted, or its turn has not come.
    var isStopped = false
    /// Whether the process that runs it makes no calls just now, and publishes why.
    var isWaiting = false
    /// The folder that holds its results as they are now; nil if there is none.
    var results: String?
    var cost = Cost.unknown
    /// Nil if nothing is left, or if it is not known yet how much.
    var rest: Rest?
    /// Records finished per second, as its runner has measured; nil: nothing moves, or that was not measured yet.
    var rate: Double?
    /// That it is older than its retention allows and still needed; nil where it is not.
    var overdue: RetentionPlan.Kept?
    /// Which of several nodes has taken it up, where its files and results are; nil where there is one runner.
    var home: BatchHome?
}

extension Batch {
    /// The batch's state as it is displayed: what the database has as running is `stopped` where no process runs it.
    func stateText(isStopped: Bool) -> String { isStopped ? StatusSelection.stopped : state.rawValue }
}

extension Installation.Runner {
    /// What the process that runs the database has published of itself; nil where an earlier one published last.
    func own(_ published: RunnerStatus?) -> RunnerStatus? {
        switch self {
        case .nobody: nil
        case .run(let process), .daemon(let process): published?.process == process ? published : nil
        }
    }

    /// Whether it sends a batch's records.
    ///
    /// - Parameters:
    ///   - batch: The batch, in state running.
    ///   - status: The status that the last runner published, which may be another one.
    /// - Returns: Whether it does.
    func sends(_ batch: Batch, _ status: RunnerStatus?) -> Bool {
        switch self {
        case .nobody: false
        case .daemon: true
        case .run(let process): status?.process == process && status?.batch == batch.id
        }
    }
}

/// Looks up the outlook of batches.
struct BatchOutlooks {
    let place: Installation
    let store: RecordStore
    let runner: Installation.Runner
    let status: RunnerStatus?
    /// Batches that are older than their retention allows and still needed.
    let overdue: [BatchID: RetentionPlan.Kept]
    /// Which of several nodes has taken each batch up.
    let homes: [BatchID: BatchHome]
    private let isWaiting: Bool
    /// Records finished per second, as the runners have measured.
    private let measured: [BatchID: Double]
    /// What was measured longer ago says nothing of now: a runner reports every five seconds.
    private static let lastReports = Duration.seconds(15)
    private let jobs = KnownJobs()
    /// What each batch has cost, where that was read of all at once.
    private var costs: [BatchID: Cost]?

    /// The jobs that were read already: many batches have one and the same.
    private final class KnownJobs: Sendable {
        private let jobs = Lock<[String: JobDefinition]>([:])

        func job(of batch: Batch, in place: Installation) -> JobDefinition {
            if let known = jobs.withLock({ $0[batch.job] }) { return known }
            let job = place.jobOrSettings(of: batch)
            jobs.withLock { $0[batch.job] = job }
            return job
        }
    }

    /// Looks at which process runs the database.
    ///
    /// - Parameters:
    ///   - place: The installation.
    ///   - store: Its database.
    ///   - now: By which batches' ages are judged.
    /// - Throws: `StoreError` when it cannot be read.
    init(_ place: Installation, _ store: RecordStore, at now: WallTime = WallTime.now()) async throws {
        self.place = place
        self.store = store
        runner = try await place.runner()
        status = try await store.runnerStatus()
        homes = try await store.homes()
        measured = try await store.measuredRates(since: now - Self.lastReports)
        isWaiting = runner.own(status)?.waiting(at: now.date) != nil
        let kept = try await place.retentionRules.plan(of: store, at: now).kept
        overdue = Dictionary(kept.map { ($0.batch.id, $0) }, uniquingKeysWith: { $1 })
    }

    /// The same, with the cost of all batches read at once: of many that is far less work than one by one.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    func knowingCosts() async throws -> BatchOutlooks {
        guard let pricing = place.pricing else { return self }
        let always = CallDay(rawValue: 0)...CallDay(rawValue: 99_991_231)
        var outlooks = self
        outlooks.costs = Cost.shares(of: try await store.ledgerDays(always), pricing: pricing)
        return outlooks
    }

    /// The outlook of a batch.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    func outlook(of batch: Batch) async throws -> BatchOutlook {
        let job = jobs.job(of: batch, in: place)
        let results = BatchResults(
            store: store, pricing: place.pricing, place: ResultsLocation(job, settings: place.settings))
        return BatchOutlook(
            isStopped: isStopped(batch), isWaiting: isWaiting(batch),
            results: batch.state.isFinished ? try await results.wholeFolder(of: batch) : nil,
            cost: try await cost(of: batch), rest: rest(of: batch, under: job), rate: rate(of: batch),
            overdue: overdue[batch.id], home: homes[batch.id])
    }

    /// Whether a batch may run, and no process runs it.
    func isStopped(_ batch: Batch) -> Bool {
        guard batch.state == .running else { return false }
        if let home = homes[batch.id], home.isElsewhere { return !home.isRunning }
        return !runner.sends(batch, status)
    }

    /// Whether another of several nodes runs a batch now.
    func isRunElsewhere(_ batch: Batch) -> Bool { homes[batch.id].map { $0.isElsewhere && $0.isRunning } ?? false }

    /// Whether a batch runs, and the process that runs it makes no calls just now.
    func isWaiting(_ batch: Batch) -> Bool {
        isWaiting && batch.state == .running && runner.sends(batch, status)
    }

    /// How fast a batch goes, in records finished per second; nil: nothing moves, or that was not measured yet.
    func rate(of batch: Batch) -> Double? {
        batch.state == .running && !isStopped(batch) && !isWaiting(batch) ? measured[batch.id] : nil
    }

    /// What a batch has cost; unknown without a price list.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    func cost(of batch: Batch) async throws -> Cost {
        guard let pricing = place.pricing else { return .unknown }
        if let costs { return costs[batch.id] ?? .known(currency: pricing.currency, certain: 0, atMost: 0) }
        return Cost.share(of: try await store.ledgerDays(inMonthsOf: batch.id), pricing: pricing) {
            $0.batch == batch.id
        }
    }

    /// What is left of a batch; nil if nothing is, or its file has not been read.
    func rest(of batch: Batch) -> BatchOutlook.Rest? { rest(of: batch, under: jobs.job(of: batch, in: place)) }

    private func rest(of batch: Batch, under job: JobDefinition) -> BatchOutlook.Rest? {
        guard batch.isIngested, batch.counts.toCall > 0 else { return nil }
        var rate = min(job.limits.rate, place.settings.limits.rate)
        // A rate that a daemon has cut is its batches' rate; a run has its own.
        if let status, runner.sends(batch, status), status.allowedRate > 0 {
            rate = status.isDaemon ? min(rate, status.allowedRate) : status.allowedRate
        }
        return BatchOutlook.Rest(calls: batch.counts.toCall, rate: rate)
    }
}
