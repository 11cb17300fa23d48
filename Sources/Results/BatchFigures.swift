import IdentityInsights
import RecordStore

/// What is counted while a batch's records pass by once: no id and no value of a record.
struct BatchFigures {
    private static let identityRisk = InsightTree.column(of: "user.scores.identityRisk")
    private static let scoreWidth = 50

    private(set) var records: [RecordStatus: Int] = [:]
    private(set) var rows = 0
    private(set) var latency = LatencyFigures()
    private(set) var failures = ReasonTally()
    private(set) var refusals = ReasonTally()
    /// How many answers score 0–49, 50–99, … 450–500 in identity risk (openapi 0.2.2: 0 to 500).
    private(set) var scores = [Int](repeating: 0, count: 10)
    /// Records that have surely had a call that was billed or may have been.
    private(set) var billedOnce = 0

    init() {}

    /// Takes the records from the batch's counters, without looking at any.
    init(_ counts: BatchCounts) {
        records = Dictionary(uniqueKeysWithValues: RecordStatus.allCases.map { ($0, counts[$0]) })
        rows = counts.total
        billedOnce = counts.succeeded
    }

    mutating func add(_ row: ResultRow, _ answer: AnswerCells) {
        rows += 1
        records[row.status, default: 0] += 1
        let isDoubted = row.status == .inDoubt && !row.isHeld && row.attempts > 0
        if row.status == .succeeded || isDoubted { billedOnce += 1 }
        if row.status == .succeeded { addAnswer(row, answer) }
        if row.status == .failed || row.status == .inDoubt {
            failures.add(row.reasonCode ?? row.httpStatus.map { "HTTP \($0)" } ?? "no answer recorded")
        }
        if row.status == .invalid { refusals.add(row.error ?? "no reason recorded") }
    }

    private mutating func addAnswer(_ row: ResultRow, _ answer: AnswerCells) {
        if let from = row.submittedAt, let to = row.completedAt { latency.add(to - from) }
        guard let column = Self.identityRisk, let score = answer.integer(in: column), score >= 0 else { return }
        scores[min(score / Self.scoreWidth, scores.count - 1)] += 1
    }
}
