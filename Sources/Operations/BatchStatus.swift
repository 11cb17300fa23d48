import RecordStore
import Results

/// A batch as `status --json` prints it.
struct BatchStatus: Encodable {
    let batch: String
    let number: Int64
    let job: String
    let file: String
    let state: BatchState
    /// Whether it is in state running and nobody runs it.
    let isStopped: Bool
    let reason: String?
    let createdAt: String
    let finishedAt: String?
    let counts: [String: Int]
    let calls: Int
    let retries: Int
    let possibleDoubleBills: Int
    let cost: Cost
    /// The folder that holds its results as they are now; absent where there is none.
    let results: String?
    /// What is left to be sent, and the least time that takes; absent where nothing is.
    let callsToGo: Int?
    let secondsToGo: Double?
    /// When a cap that paused it turns over, and a daemon goes on with it.
    let resumeAt: String?

    init(_ batch: Batch, resumesAt: Int64? = nil, _ outlooks: BatchOutlooks) throws {
        let outlook = try outlooks.outlook(of: batch)
        self.batch = batch.name
        number = batch.id.rawValue
        job = batch.job
        file = batch.fileName
        state = batch.state
        isStopped = outlook.isStopped
        reason = batch.reason
        createdAt = Timestamp.text(batch.createdAt)
        finishedAt = batch.finishedAt.map(Timestamp.text)
        counts = Dictionary(
            uniqueKeysWithValues: RecordStatus.allCases.map { ($0.rawValue, batch.counts[$0]) } + [
                ("total", batch.counts.total)
            ])
        calls = batch.counts.calls
        retries = batch.counts.retries
        resumeAt = resumesAt.map(Timestamp.text)
        possibleDoubleBills = try DoubleBills.count(in: outlooks.store, batch)
        (cost, results) = (outlook.cost, outlook.results)
        (callsToGo, secondsToGo) = (outlook.rest?.calls, outlook.rest?.seconds)
    }

    private enum CodingKeys: String, CodingKey {
        case batch, number, job, file, state, reason, counts, calls, retries, cost, results
        case isStopped = "stopped"
        case callsToGo = "calls_to_go"
        case secondsToGo = "seconds_to_go"
        case createdAt = "created_at"
        case finishedAt = "finished_at"
        case possibleDoubleBills = "possible_double_bills"
        case resumeAt = "resume_at"
    }
}
