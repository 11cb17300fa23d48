import RecordStore
import Results

/// A batch as `status --json` prints it.
struct BatchStatus: Encodable {
    let batch: String
    let number: Int64
    let job: String
    let file: String
    let state: BatchState
    let reason: String?
    let createdAt: String
    let finishedAt: String?
    let counts: [String: Int]
    let calls: Int
    let retries: Int
    let possibleDoubleBills: Int
    /// When a cap that paused it turns over, and a daemon goes on with it.
    let resumeAt: String?

    init(_ batch: Batch, resumesAt: Int64? = nil, in store: RecordStore) throws {
        self.batch = batch.name
        number = batch.id.rawValue
        job = batch.job
        file = batch.fileName
        state = batch.state
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
        possibleDoubleBills = try DoubleBills.count(in: store, batch)
    }

    private enum CodingKeys: String, CodingKey {
        case batch, number, job, file, state, reason, counts, calls, retries
        case createdAt = "created_at"
        case finishedAt = "finished_at"
        case possibleDoubleBills = "possible_double_bills"
        case resumeAt = "resume_at"
    }
}
