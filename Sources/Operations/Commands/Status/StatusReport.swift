import Basics
import RecordStore
import Results

/// What `status --json` prints: which process runs the database, and the batches.
struct StatusReport: Encodable {
    /// Null if there is none.
    let runner: RunnerReport?
    /// What batches wait for after a restore; null: nothing.
    let restore: Restore?
    /// Absent where there is one runner.
    var nodes: [NodeLine]?
    let batches: [BatchStatus]

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(runner, forKey: .runner)
        try container.encode(restore, forKey: .restore)
        try container.encodeIfPresent(nodes, forKey: .nodes)
        try container.encode(batches, forKey: .batches)
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case runner, restore, nodes, batches
    }

    /// A restore for which it is unknown what had been sent before.
    struct Restore: Encodable {
        let since: String
        let reason: String
        let next: String

        init(_ hold: RestoreHold) {
            (since, reason, next) = (Timestamp.text(hold.since), hold.reason, Hint.resumeAfterRestore.commandLine)
        }
    }
}

/// A batch as `status --json` prints it.
struct BatchStatus: Encodable {
    let batch: String
    let number: Int64
    let job: String
    let file: String
    let state: BatchState
    /// Whether it is in state running and no process runs it.
    let isStopped: Bool
    let reason: String?
    /// As in `summary.json`; `written` is when it was asked.
    let times: BatchSummary.Times
    /// When `payloads`, `results` and `ledger` were purged; those that were.
    let purged: [String: String]
    /// Why it is not purged although it is older than its retention allows: the state of a batch that has not ended, or
    /// `in_doubt` and the like; absent where it is younger, or nothing keeps it.
    let notPurged: String?
    let counts: [String: Int]
    let calls: Int
    let retries: Int
    let possibleDoubleBills: Int
    let cost: Cost
    /// The folder that holds its results as they are now; absent if there is none.
    let results: String?
    /// What is left to be sent, and the least time that takes; absent if nothing is.
    let callsToGo: Int?
    let secondsToGo: Double?
    /// Records finished per second, measured; absent where nothing moves, or nothing was measured yet.
    let rate: Double?
    /// When a cap that paused it resets, and a daemon continues it.
    let resumeAt: String?
    /// The node that has taken it up; absent where there is one runner.
    let node: String?

    init(_ batch: Batch, resumesAt: WallTime? = nil, _ outlooks: BatchOutlooks) async throws {
        let outlook = try await outlooks.outlook(of: batch)
        self.batch = batch.name
        number = batch.id.rawValue
        job = batch.job
        file = batch.fileName
        state = batch.state
        isStopped = outlook.isStopped
        reason = batch.reason
        times = BatchSummary.Times(batch, now: WallTime.now())
        purged = PurgeScope.allCases.reduce(into: [:]) { times, scope in
            times[scope.rawValue] = batch.purged[scope].map(Timestamp.text)
        }
        notPurged = outlook.overdue?.code
        counts = Dictionary(
            uniqueKeysWithValues: RecordStatus.allCases.map { ($0.rawValue, batch.counts[$0]) } + [
                ("total", batch.counts.total)
            ])
        calls = batch.counts.calls
        retries = batch.counts.retries
        resumeAt = resumesAt.map(Timestamp.text)
        node = outlook.home?.node
        possibleDoubleBills = try await DoubleBills.count(in: outlooks.store, batch)
        (cost, results) = (outlook.cost, outlook.results)
        (callsToGo, secondsToGo) = (outlook.rest?.calls, outlook.rest?.seconds)
        rate = outlook.rate
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case batch, number, job, file, state, reason, times, purged, counts, calls, retries, cost, results, node, rate
        case isStopped = "stopped"
        case callsToGo = "calls_to_go"
        case secondsToGo = "seconds_to_go"
        case possibleDoubleBills = "possible_double_bills"
        case resumeAt = "resume_at"
        case notPurged = "not_purged"
    }
}
