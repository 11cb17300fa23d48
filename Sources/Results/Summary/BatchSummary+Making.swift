package import Basics
import Foundation
import IdentityInsights
package import RecordStore

extension BatchSummary {
    /// Sums up a batch from its counters and what was counted while its records passed by.
    init(_ batch: Batch, figures: BatchFigures, cost: Cost, files: [FileFacts], audit: AuditHead, now: WallTime) {
        self.init(
            batch: Identity(batch), state: batch.state.rawValue, reason: batch.reason,
            records: Records(figures), calls: Calls(batch.counts),
            cost: cost, times: Times(batch, now: now),
            latency: Latency(figures.latency), scores: figures.scores.counted, timeline: figures.timeline,
            provenance: Origin(batch.provenance), audit: audit, files: files.map(File.init))
    }

    /// What the `summary.json` of a folder says; nil where there is none, or none that can be read. It may block.
    ///
    /// - Parameter folder: A batch's folder.
    /// - Returns: The summary.
    package static func read(folder: String) -> BatchSummary? {
        guard let bytes = FileManager.default.contents(atPath: "\(folder)/summary.json") else { return nil }
        // One of an older version may lack members; its folder then counts as one without.
        return try? JSONDecoder().decode(BatchSummary.self, from: bytes)
    }

    /// The summary as `summary.json` holds it: indented, members sorted, ending in a line break.
    ///
    /// - Returns: UTF-8.
    /// - Throws: an encoding error, which no summary brings about.
    package func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
}

extension BatchSummary.File {
    init(_ facts: FileFacts) {
        self.init(name: facts.name, bytes: facts.bytes, sha256: Hexadecimal.encode(facts.digest))
    }
}

extension BatchSummary.Identity {
    init(_ batch: Batch) {
        self.init(
            number: batch.id.rawValue, name: batch.name, job: batch.job, file: batch.fileName,
            format: batch.format.rawValue,
            inputSHA256: Hexadecimal.encode(batch.contentDigest))
    }
}

extension BatchSummary.Records {
    init(_ figures: BatchFigures) {
        func count(_ status: RecordStatus) -> Int { figures.records[status] ?? 0 }
        self.init(
            total: figures.rows, queued: count(.queued), inFlight: count(.inFlight), succeeded: count(.succeeded),
            failed: count(.failed), inDoubt: count(.inDoubt), invalid: count(.invalid), reused: count(.reused),
            cancelled: count(.cancelled))
    }
}

extension BatchSummary.Calls {
    init(_ counts: BatchCounts) {
        self.init(
            attempts: counts.attempts, made: counts.calls, retries: counts.retries, open: counts.inFlight,
            inDoubtRetried: counts.inDoubtRetried, billable: counts.billable,
            notBillable: counts.unbilled, maybeBillable: counts.billingUnknown)
    }
}

extension BatchSummary.Times {
    /// The times of a batch, in any state.
    ///
    /// - Parameters:
    ///   - batch: the batch.
    ///   - now: the time.
    package init(_ batch: Batch, now: WallTime) {
        self.init(
            created: Timestamp.text(batch.createdAt), ingested: batch.ingestedAt.map(Timestamp.text),
            started: batch.startedAt.map(Timestamp.text), finished: batch.finishedAt.map(Timestamp.text),
            written: Timestamp.text(now),
            runningSeconds: batch.startedAt.map { start in
                Double(max(0, (batch.finishedAt ?? now).milliseconds(since: start))) / 1_000
            })
    }
}

extension BatchSummary.Latency {
    init?(_ figures: LatencyFigures) {
        guard let median = figures.percentile(0.5), let p95 = figures.percentile(0.95),
            let p99 = figures.percentile(0.99)
        else { return nil }
        self.init(median: median, p95: p95, p99: p99, longest: figures.largest)
    }
}

extension BatchSummary.Origin {
    init(_ provenance: Provenance) {
        self.init(
            user: provenance.user, host: provenance.host, version: provenance.version,
            settingsHash: provenance.settingsHash, endpoint: provenance.endpoint, keyID: provenance.keyID,
            certificateFingerprint: provenance.certificateFingerprint)
    }
}

/// What is counted while a batch's records pass by once: no id and no value of a record.
struct BatchFigures {
    private(set) var records: [RecordStatus: Int] = [:]
    private(set) var rows = 0
    private(set) var latency = LatencyFigures()
    private(set) var failures = ReasonTally()
    private(set) var refusals = ReasonTally()
    private(set) var scores = ScoreTally()
    /// Records that have surely had a call that was billed or may have been.
    private(set) var billedOnce = 0
    /// Failed records that an operator has decided on while they were in doubt.
    private(set) var resolvedByHand = 0
    /// When records came to their end; nil before the first call.
    private(set) var timeline: SettlementTimeline?
    private let startedAt: WallTime?

    /// No record yet.
    ///
    /// - Parameter startedAt: When the batch's first call was made; nil: none was.
    init(startedAt: WallTime? = nil) {
        self.startedAt = startedAt
        timeline = startedAt.map(SettlementTimeline.init)
    }

    /// Takes the records from the batch's counters, without looking at any.
    init(_ counts: BatchCounts) {
        self.init()
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
        if let startedAt, let end = row.completedAt, let kind = SettlementTimeline.Kind(row.status) {
            timeline?.add(kind, after: end - startedAt)
        }
        if row.status == .failed, row.isResolvedByHand { resolvedByHand += 1 }
        if row.status == .failed || row.status == .inDoubt {
            failures.add(row.reasonCode ?? row.httpStatus.map { "HTTP \($0)" } ?? "no answer recorded")
        }
        if row.status == .invalid { refusals.add(row.error ?? "no reason recorded") }
    }

    private mutating func addAnswer(_ row: ResultRow, _ answer: AnswerCells) {
        if let from = row.submittedAt, let to = row.completedAt { latency.add(to - from) }
        scores.add(answer)
    }
}

/// How often each reason occurs, for a bounded number of reasons.
struct ReasonTally {
    /// Different reasons, so that memory is bounded.
    private static let capacity = 1000

    private var counts: [String: Int] = [:]

    mutating func add(_ reason: String) {
        let isKnown = counts[reason] != nil || counts.count < Self.capacity
        counts[isKnown ? reason : "other reasons", default: 0] += 1
    }

    /// All reasons, the most frequent first, those equally frequent in alphabetical order.
    var byFrequency: [(reason: String, count: Int)] {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }
}
