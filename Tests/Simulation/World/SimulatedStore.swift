import Basics

@testable import JobRunner
@testable import RecordStore

/// A model of the record store in memory: batches, records, ledger, counters and caps, with the rules of the real one and
/// without its files. Lines whose requests are identical do not occur in it.
final class SimulatedStore: Sendable {
    /// A try at sending a record, as the ledger has it.
    struct LedgerRow: Sendable {
        let id: AttemptID
        let day: CallDay
        let startedAt: WallTime
        var outcome: AttemptOutcome?
        var billable = Billable.unknown
        var countsAsCall = true
    }

    struct Line: Sendable {
        var status = RecordStatus.queued
        var spent = 0
        var ledger: [LedgerRow] = []
        /// The re-run that queued it; 0: none.
        var rerun: Int64 = 0
        /// Since when it is ready again; nil where it is untried, or does not wait.
        var notBefore: WallTime?
        /// Whether an answer, or one that cannot be read, is kept.
        var hasAnswer = false
    }

    struct StoredBatch: Sendable {
        let id: BatchID
        /// The place of its job in the night's plan.
        let job: Int
        let createdAt: WallTime
        var state = BatchState.running
        var reason: String?
        var resumesAt: WallTime?
        /// Whether its results are written.
        var isConcluded = false
        var reruns: Int64 = 0
        /// Lines before this place have been tried.
        var cursor = 0
        var counts = BatchCounts()
        var lines: [Line]
    }

    struct State: Sendable {
        var batches: [StoredBatch] = []
        var lastAttempt: Int64 = 0
        var callsOfDay: [CallDay: Int] = [:]
        var chargedOfDay: [CallDay: Int] = [:]
        var limiter: LimiterState?
        var answers: [AnswerReference] = []
        /// What each schedule has handled.
        var lastDue: [String: WallTime] = [:]
        /// Until when there is no room on the disk.
        var fullUntil = MonotonicTime.distantPast
    }

    let state = Lock(State())

    /// Puts a batch of so many records into the store.
    func add(records count: Int, ofJob job: Int, at now: WallTime) -> BatchID {
        state.withLock { state in
            let id = BatchID(rawValue: Int64(state.batches.count + 1))
            var batch = StoredBatch(
                id: id, job: job, createdAt: now, lines: Array(repeating: Line(), count: count))
            (batch.counts.total, batch.counts.queued) = (count, count)
            state.batches.append(batch)
            return id
        }
    }

    /// The batches, the earliest first.
    var batches: [StoredBatch] { state.withLock { $0.batches } }

    /// The day on which a record's open attempt counts; nil where it has none.
    func openDay(of record: RecordID) -> CallDay? {
        state.withLock { state in
            guard let row = state[record].ledger.last, row.outcome == nil else { return nil }
            return row.day
        }
    }
}

extension SimulatedStore.State {
    subscript(batch: BatchID) -> SimulatedStore.StoredBatch {
        get { batches[Int(batch.rawValue) - 1] }
        set { batches[Int(batch.rawValue) - 1] = newValue }
        _modify { yield &batches[Int(batch.rawValue) - 1] }
    }

    subscript(record: RecordID) -> SimulatedStore.Line {
        get { self[record.batch].lines[record.line - 1] }
        _modify { yield &self[record.batch].lines[record.line - 1] }
    }
}

extension SimulatedStore.StoredBatch {
    func record(at place: Int) -> RecordID { RecordID(batch: id, line: place + 1) }

    /// The batch as readers of the real store see it.
    var view: Batch {
        Batch(
            id: id, name: "batch-\(id)", job: "job-\(job + 1)", fileName: "batch.csv", contentDigest: [], format: .csv,
            state: state, reason: reason, isIngested: true, checkpoint: .start,
            provenance: Provenance(
                user: "", host: "", version: "", settingsHash: "", endpoint: "", keyID: "", certificateFingerprint: ""),
            createdAt: createdAt, ingestedAt: createdAt, startedAt: nil, finishedAt: nil, purged: PurgeTimes(),
            reuses: true, cardLikeIDs: 0, doubtedLines: 0, counts: counts)
    }

    /// Whether the counters are those of the lines.
    var isConsistent: Bool {
        var found = BatchCounts()
        for line in lines { found[line.status] += 1 }
        return RecordStatus.allCases.allSatisfy { found[$0] == counts[$0] } && counts.total == lines.count
    }
}

extension SimulatedStore {
    /// As `RecordStore.resumeAfterCap`.
    func resumeAfterCap(_ id: BatchID, at now: WallTime) {
        state.withLock { state in
            guard let time = state[id].resumesAt, time <= now else { return }
            _ = state.move(id, from: [.paused], to: .running, reason: nil)
        }
    }
}
