import Basics
import OpenSSL
import TestSupport
import Testing

@testable import RecordStore

/// A row of a sample file.
struct SampleRow {
    var line: Int
    var id = "id"
    var rawRow = "row"
    var request: String
    /// The rule it breaks; nil: it is fine.
    var error: String?

    init(_ line: Int, id: String? = nil, rawRow: String? = nil, request: String? = nil, error: String? = nil) {
        self.line = line
        self.id = id ?? "id-\(line)"
        self.rawRow = rawRow ?? "row-\(line)"
        self.request = request ?? "request-\(line)"
        self.error = error
    }
}

extension RecordStore {
    static let day = CallDay(rawValue: 20_251_123)
    static let uncapped = CallCaps(day: day)

    /// Makes a batch and leaves it ingesting; several may have the same content.
    func makeBatch(_ content: UInt8 = 1, fileName: String = "accounts.csv") async throws -> Batch {
        try await createBatch(
            NewBatch(
                job: "nightly", fileName: fileName, contentDigest: [UInt8](repeating: content, count: 32),
                format: .csv, layout: Array("layout".utf8), provenance: StoreFolder.provenance, again: true))
    }

    /// Takes rows in, in one chunk.
    func take(_ rows: [SampleRow], into batch: Batch) async throws {
        var chunk = try await chunk(for: batch.id)
        for row in rows { try chunk.append(row) }
        let last = Int64(rows.last?.line ?? 1)
        _ = try await append(chunk, checkpoint: Checkpoint(byteOffset: last * 10, line: last + 1))
    }

    /// A running batch with these rows.
    func runningBatch(_ rows: [SampleRow], content: UInt8 = 1) async throws -> Batch {
        let batch = try await makeBatch(content)
        try await take(rows, into: batch)
        try await finishIngest(batch.id, state: .running)
        return try await self.batch(batch.id)
    }

    /// A running batch with these rows, whose repeats follow their first line.
    func linkedBatch(_ rows: [SampleRow], content: UInt8 = 1) async throws -> Batch {
        let batch = try await makeBatch(content)
        try await take(rows, into: batch)
        _ = try await linkRepeats(of: batch.id)
        try await finishIngest(batch.id, state: .running)
        return try await self.batch(batch.id)
    }

    /// Answers, refuses or doubts whatever is claimed until nothing is left.
    func run(_ batch: Batch, caps: CallCaps = uncapped, _ end: (ClaimedRecord) -> Completion) async throws -> [Int] {
        var lines: [Int] = []
        while case let claim = try await claim(batch.id, upTo: 10, now: 1_000, caps: caps), claim.records.count > 0 {
            lines += claim.records.map(\.id.line)
            _ = try await finish(claim.records.map(end))
        }
        return lines
    }

    func view(_ batch: Batch, _ line: Int) async throws -> RecordView {
        try #require(try await record(RecordID(batch: batch.id, line: line)))
    }

    func views(_ batch: Batch, _ lines: [Int]) async throws -> [RecordView] {
        var views: [RecordView] = []
        for line in lines { views.append(try await view(batch, line)) }
        return views
    }

    /// A running batch with rows at lines 2 to `count + 1`.
    func runningBatch(count: Int, content: UInt8 = 1) async throws -> Batch {
        try await runningBatch((2..<(count + 2)).map { SampleRow($0) }, content: content)
    }

    /// Claims without caps at time 1,000.
    func claim(_ batch: Batch, _ count: Int = 10, now: WallTime = 1_000) async throws -> Claim {
        try await claim(batch.id, upTo: count, now: now, caps: Self.uncapped)
    }

    /// Claims a batch's first record again, by a person's decision, after an answer that could not be read.
    func claimAgainAfterUnreadableAnswer(_ batch: Batch) async throws -> ClaimedRecord {
        let claimed = try #require(try await claim(batch, 1).records.first)
        _ = try await finish([claimed.unreadable("unreadable")])
        _ = try await requeue(batch.id, RequeueSelection(statuses: [.inDoubt]))
        return try #require(try await claim(batch, 1).records.first)
    }

    func statuses(_ batch: Batch) async throws -> [RecordStatus] {
        var found: [RecordStatus] = []
        try await forEachRecord(batch.id) { found.append($0.status) }
        return found
    }
}

extension Action {
    /// Something that an operator did at time 5.
    static func sample(_ name: Name, of batch: BatchID? = nil, detail: String? = nil) -> Action {
        Action(at: 5, batch: batch, name: name, detail: detail, provenance: StoreFolder.provenance)
    }
}

extension RecordChunk {
    mutating func append(_ row: SampleRow) throws {
        try Array(row.id.utf8).withUnsafeBytes { id in
            try Array(row.rawRow.utf8).withUnsafeBytes { rawRow in
                if let error = row.error {
                    try appendInvalid(line: row.line, id: id, rawRow: rawRow, error: error)
                } else {
                    try Array(row.request.utf8).withUnsafeBytes {
                        try append(line: row.line, id: id, rawRow: rawRow, canonicalRequest: $0)
                    }
                }
            }
        }
    }
}

extension ClaimedRecord {
    func completion(
        _ next: NextStep, outcome: AttemptOutcome = .transient, httpStatus: Int? = nil, billable: Billable = .no,
        errorText: String? = nil, answer: String? = nil, reasonCode: String? = nil
    ) -> Completion {
        Completion(
            attempt: attempt, record: id, outcome: outcome, httpStatus: httpStatus, reasonCode: reasonCode,
            correlationID: "c-\(id.line)", requestRefID: "r-\(id.line)", errorText: errorText,
            answer: answer.map { Array($0.utf8) }, startedAt: 1_000, finishedAt: 1_200, next: next, billable: billable)
    }

    var succeeded: Completion {
        completion(.succeeded, outcome: .succeeded, httpStatus: 200, billable: .yes, answer: "answer-\(id.line)")
    }
    var inDoubt: Completion { completion(.inDoubt, outcome: .inDoubt, billable: .unknown, errorText: "timed out") }
    func unreadable(_ answer: String) -> Completion {
        completion(
            .inDoubt, outcome: .undecipherable, httpStatus: 200, billable: .yes, errorText: "not for our key",
            answer: answer)
    }
    var rejected: Completion {
        completion(.failed, outcome: .rejected, httpStatus: 400, errorText: "refused", reasonCode: "INVALID_INPUT")
    }
    var unsent: Completion {
        completion(.retry(notBefore: 0, spendsAttempt: false), outcome: .unsent)
    }
    func overloaded(until notBefore: WallTime) -> Completion {
        completion(.retry(notBefore: notBefore, spendsAttempt: false), outcome: .overloaded, httpStatus: 429)
    }
    func transient(until notBefore: WallTime) -> Completion {
        completion(.retry(notBefore: notBefore, spendsAttempt: true), outcome: .transient, httpStatus: 500)
    }
}
