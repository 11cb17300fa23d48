import Basics
import RecordStore
import Results
import Settings

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
final class MeasuredRates: Sendable {
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
