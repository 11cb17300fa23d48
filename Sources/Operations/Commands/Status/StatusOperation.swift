import Basics
import Foundation
import RecordStore
import Results
import Settings

/// `rollcall status`: the batches as they stand, read beside the process that runs them.
package struct StatusOperation: Sendable {
    private let config: String
    private let selection: StatusSelection
    private let watch: Bool
    private let json: Bool
    private let console: Console

    /// Describes what to show.
    package init(
        config: String, selection: StatusSelection, watch: Bool, json: Bool, console: Console = .standard
    ) {
        self.config = config
        self.selection = selection
        self.watch = watch
        self.json = json
        self.console = console
    }

    /// Prints once, or every second until nothing changes any more; on a terminal it watches in full screen, until the
    /// operator leaves.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        try await place.reading { try await show(place, $0) }
        return .succeeded
    }

    private func show(_ place: Installation, _ store: RecordStore) async throws {
        if watch, !json, console.results.abilities.rewrites {
            try await watchInFullScreen(place, store)
        } else {
            while try await show(StatusReading(place, store, selection)), watch {
                try console.requireOutput()
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Prints what was read; whether any batch moves.
    private func show(_ reading: StatusReading) async throws -> Bool {
        if json {
            console.output(JSONText.text(of: try await reading.report()))
        } else {
            let lines = try await reading.view().lines(fitting: console.results.columns)
            console.output(lines.rendered(on: console.results))
        }
        return reading.batches.contains { !$0.state.isAtRest && !reading.outlooks.isStopped($0) }
    }

    private func watchInFullScreen(_ place: Installation, _ store: RecordStore) async throws {
        let rates = MeasuredRates()
        try await FullScreen(keys: STDIN_FILENO, output: console.results).show { [selection] size in
            let reading = try await StatusReading(place, store, selection)
            rates.note(reading.batches)
            // A batch takes a line, and two are not the batches'.
            return try await reading.view(rates: rates.perSecond, atMost: max(1, size.rows - 2))
                .screen(size, at: WallTime.now())
        }
    }
}

extension BatchState {
    /// Whether nothing changes until an operator acts.
    var isAtRest: Bool { isFinished || [.awaitingConfirmation, .paused, .halted].contains(self) }
}

/// The database as `status` reads it, at one time.
struct StatusReading {
    let outlooks: BatchOutlooks
    /// Those that are asked for, oldest first.
    let batches: [Batch]
    private let selection: StatusSelection
    private let storage: StorageCondition
    private let resumptions: [BatchID: WallTime]
    private let hold: RestoreHold?
    private let nodes: [NodeView]?
    /// What is said of keys that another node made and this one lacks.
    private let keys: String?
    private let hasBatches: Bool

    /// Reads the batches that are asked for.
    ///
    /// - Parameters:
    ///   - place: The installation.
    ///   - store: Its database.
    ///   - selection: Which batches.
    ///   - now: By which batches' ages are judged.
    /// - Throws: `OperationFailure` (64) where there is no batch of that name; `StoreError`.
    init(_ place: Installation, _ store: RecordStore, _ selection: StatusSelection, at now: WallTime = WallTime.now())
        async throws
    {
        self.selection = selection
        outlooks = try await BatchOutlooks(place, store, at: now)
        storage = try await place.storage()
        (resumptions, hold) = (try await store.resumptions(), try await store.restoreHold())
        nodes = try await store.nodesIfShared()
        keys = PeriodKeysElsewhere.warning(
            try await store.periodKeysElsewhere(), keysFolder: place.settings.keysFolder)
        if let name = selection.batch {
            (batches, hasBatches) = ([try await store.batchOrFailure(name)], true)
        } else {
            let all = try await store.batches()
            (batches, hasBatches) = (selection.picked(from: all, isStopped: outlooks.isStopped), !all.isEmpty)
        }
    }

    /// For scripts.
    func report() async throws -> StatusReport {
        let outlooks = try await known(for: batches)
        var statuses: [BatchStatus] = []
        for batch in batches {
            statuses.append(
                try await BatchStatus(batch, resumesAt: resumptions[batch.id], outlooks))
        }
        return StatusReport(
            runner: RunnerReport(outlooks.runner, outlooks.status, storage),
            restore: hold.map(StatusReport.Restore.init), nodes: nodes?.map(NodeLine.init), batches: statuses)
    }

    /// For people.
    ///
    /// - Parameters:
    ///   - rates: Records finished per second, where that was measured here, which goes before what runners report.
    ///   - limit: How many batches there is room for: those that are not over come first, then the newest.
    /// - Returns: What is shown.
    /// - Throws: `StoreError` when the database cannot be read.
    func view(rates: [BatchID: Double] = [:], atMost limit: Int? = nil) async throws -> StatusView {
        StatusView(
            runner: RunnerLine.text(of: outlooks.runner, outlooks.status, storage), hold: hold?.text,
            nodes: nodes.flatMap(NodeLine.summary), keys: keys.map { "keys: \($0)" },
            batches: try await shown(rates, limit))
    }

    private func shown(_ rates: [BatchID: Double], _ limit: Int?) async throws -> StatusView.Batches {
        if selection.batch != nil, let only = batches.first {
            return .one(
                BatchDetail(
                    batch: only, outlook: try await outlooks.outlook(of: only), resumesAt: resumptions[only.id],
                    measuredRate: rates[only.id] ?? outlooks.rate(of: only)))
        }
        guard !batches.isEmpty else { return .none(isFiltered: hasBatches) }
        var rows: [BatchTable.Row] = []
        let visible = limit.map(mostUrgent) ?? batches
        let outlooks = try await known(for: visible)
        for batch in visible {
            rows.append(
                BatchTable.Row(
                    batch: batch, isStopped: outlooks.isStopped(batch), isWaiting: outlooks.isWaiting(batch),
                    rest: outlooks.rest(of: batch), cost: try await outlooks.cost(of: batch),
                    measuredRate: rates[batch.id] ?? outlooks.rate(of: batch),
                    overdue: outlooks.overdue[batch.id]))
        }
        return .table(rows, hidden: batches.count - rows.count)
    }

    /// What is needed of some batches, read at once where they are many.
    private func known(for batches: [Batch]) async throws -> BatchOutlooks {
        batches.count > 3 ? try await outlooks.knowingCosts() : outlooks
    }

    private func mostUrgent(_ limit: Int) -> [Batch] {
        let newest = Array(batches.reversed())
        return Array((newest.filter { !$0.state.isFinished } + newest.filter(\.state.isFinished)).prefix(limit))
    }
}

/// The rate at which each batch's records were finished over the last seconds, from what was read of them.
private final class MeasuredRates: Sendable {
    private let start = ContinuousClock.now
    private let meters = Lock<[BatchID: RateMeter]>([:])

    /// Notes how far batches are now.
    func note(_ batches: [Batch]) {
        let time = ContinuousClock.now - start
        meters.withLock { meters in
            for batch in batches where batch.state == .running {
                let done = batch.counts.total - batch.counts.queued - batch.counts.inFlight
                meters[batch.id, default: RateMeter(finished: done)].note(finished: done, at: time)
            }
        }
    }

    /// Records per second, of batches that have been looked at for long enough.
    var perSecond: [BatchID: Double] { meters.withLock { $0.compactMapValues(\.perSecond) } }
}

/// Which batches `status` shows: one by its name, or those of a state or a job, the newest of them where not all are
/// wanted. A pure rule.
package struct StatusSelection: Sendable, Equatable {
    /// A batch's name or number; nil: all.
    let batch: String?
    private let states: Set<String>?
    private let job: String?
    private let limit: Int?

    /// All batches.
    package static let all = StatusSelection()

    private init() { (batch, states, job, limit) = (nil, nil, nil, nil) }

    /// Reads what a command line names.
    ///
    /// - Parameters:
    ///   - batch: A batch's name or number; nil: all.
    ///   - states: States as `status` shows them, joined by commas; nil: all.
    ///   - job: A job's name; nil: all.
    ///   - limit: How many batches at most, above 0; nil: all.
    /// - Throws: `OperationFailure` (64) for a state that there is not, which names the nearest.
    package init(batch: String?, states: String?, job: String?, limit: Int?) throws {
        (self.batch, self.job, self.limit) = (batch, job, limit)
        self.states = try states.map { try Set($0.split(separator: ",").map(Self.state)) }
    }

    /// The states there are, as they are shown.
    package static let knownStates = BatchState.allCases.map(\.rawValue) + [Self.stopped]

    /// What a batch in state running is shown as where no process runs it.
    static let stopped = "stopped"

    private static func state(_ text: Substring) throws -> String {
        let word = text.filter { $0 != " " }
        if knownStates.contains(word) { return word }
        let meant = EditDistance.meantWord(by: word, among: knownStates).map { "did you mean '\($0)'? The" } ?? "the"
        throw OperationFailure(
            .usage,
            "there is no state '\(word)'; \(meant) states are \(knownStates.joined(separator: ", "))")
    }

    /// The batches that are meant, in the order they came.
    ///
    /// - Parameters:
    ///   - batches: All, oldest first.
    ///   - isStopped: Whether a batch in state running is run by no process.
    /// - Returns: Those.
    func picked(from batches: [Batch], isStopped: (Batch) -> Bool) -> [Batch] {
        let fitting = batches.filter { batch in
            (job.map { $0 == batch.job } ?? true)
                && (states?.contains(batch.stateText(isStopped: isStopped(batch))) ?? true)
        }
        return limit.map { Array(fitting.suffix($0)) } ?? fitting
    }
}
