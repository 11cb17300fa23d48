package import Basics
import Foundation
import IdentityInsights
package import RecordStore

/// What `summary.json` says of a batch: counts, calls, cost, times, digests and who ran it with what.
package struct BatchSummary: Sendable, Codable, Equatable {
    /// Which batch, made from what.
    package var batch: Identity
    /// The batch's state: `completed`, `halted`, …
    package var state: String
    /// Why it is in that state, where there is a reason.
    package var reason: String?
    /// Records by status; every input line is counted once.
    package var records: Records
    /// What the ledger adds up to.
    package var calls: Calls
    /// What the calls cost.
    package var cost: Cost
    /// When things happened.
    package var times: Times
    /// How long answered calls took, each record's last one; nil where none was answered.
    package var latency: Latency?
    /// How the answered lines' scores are distributed; nil in summaries of versions that did not count them.
    package var scores: [ScoreCounts]?
    /// When the lines came to their end; nil before the first call, and in summaries of such versions.
    package var timeline: SettlementTimeline?
    /// Who took the batch in, with what.
    package var provenance: Origin
    /// The end of the database's audit when this was made; nil in summaries from before there was one.
    package var audit: AuditHead?
    /// The result files with their SHA-256; `summary.json` and `report.html` are not among them.
    package var files: [File]

    package enum CodingKeys: CodingKey, CaseIterable {
        case batch, state, reason, records, calls, cost, times, latency, scores, timeline, provenance, audit, files
    }
}

extension BatchSummary {
    /// Records by status.
    package struct Records: Sendable, Codable, Equatable {
        /// Input lines.
        package var total = 0
        /// Waiting for a call.
        package var queued = 0
        /// Claimed and not finished.
        package var inFlight = 0
        /// Answered.
        package var succeeded = 0
        /// Refused for good, or out of attempts.
        package var failed = 0
        /// May have been billed without an answer recorded.
        package var inDoubt = 0
        /// Refused before any call.
        package var invalid = 0
        /// Answered from an identical record.
        package var reused = 0
        /// Given up before their call.
        package var cancelled = 0

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case total, queued
            case inFlight = "in_flight"
            case succeeded, failed
            case inDoubt = "in_doubt"
            case invalid, reused, cancelled
        }
    }

    /// What the ledger adds up to.
    package struct Calls: Sendable, Codable, Equatable {
        /// Rows of the ledger.
        package var attempts = 0
        /// Attempts that left or may have left.
        package var made = 0
        /// Times a record was queued again.
        package var retries = 0
        /// Rows of the ledger whose call is under way.
        package var open = 0
        /// Records in doubt that the job's policy sent again; their calls are among those made.
        package var inDoubtRetried = 0
        /// Answered with 200: billed.
        package var billable = 0
        /// Certainly not billed: never left, or refused.
        package var notBillable = 0
        /// May have been billed.
        package var maybeBillable = 0
        /// Calls beyond a record's first that were billed or may have been: each may have been paid for nothing.
        package var possibleDoubleBills = 0

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case attempts, made, retries, open, billable
            case inDoubtRetried = "in_doubt_retried"
            case notBillable = "not_billable"
            case maybeBillable = "maybe_billable"
            case possibleDoubleBills = "possible_double_bills"
        }
    }
}

extension BatchSummary {
    /// Which batch, made from what.
    package struct Identity: Sendable, Codable, Equatable {
        package var number: Int64
        package var name: String
        package var job: String
        /// The input file's last path component.
        package var file: String
        /// `csv` or `jsonl`.
        package var format: String
        /// SHA-256 of the input file, lower-case hex.
        package var inputSHA256: String

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case number, name, job, file, format
            case inputSHA256 = "input_sha256"
        }
    }

    /// Who took the batch in, with what.
    package struct Origin: Sendable, Codable, Equatable {
        package var user: String
        /// The machine's name.
        package var host: String
        package var version: String
        /// SHA-256 of the settings, hex.
        package var settingsHash: String
        /// The API's base URL.
        package var endpoint: String
        /// The encryption key's id.
        package var keyID: String
        /// SHA-256 of the client certificate, hex.
        package var certificateFingerprint: String

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case user, host, version, endpoint
            case settingsHash = "settings_hash"
            case keyID = "key_id"
            case certificateFingerprint = "certificate_fingerprint"
        }
    }

    /// How many answers have a score in each group of its values.
    package struct ScoreCounts: Sendable, Codable, Equatable {
        /// The score's column of `results.csv`.
        package var column: String
        /// Answers by group, from the lowest values to the highest.
        package var answers: [Int]
        /// Answers with a value outside the documented range.
        package var outside: Int

        package enum CodingKeys: CodingKey, CaseIterable { case column, answers, outside }
    }

    package struct File: Sendable, Codable, Equatable {
        /// Its name in the batch's folder.
        package var name: String
        /// Its size.
        package var bytes: Int
        /// SHA-256 of its content, lower-case hex.
        package var sha256: String

        package enum CodingKeys: CodingKey, CaseIterable { case name, bytes, sha256 }
    }
}

extension BatchSummary {
    /// When things happened: ISO 8601 in UTC, or nil where they have not.
    package struct Times: Sendable, Codable, Equatable {
        /// When the batch was made.
        package var created: String
        /// When its file had been read.
        package var ingested: String?
        /// When its first record was claimed.
        package var started: String?
        /// When it was over.
        package var finished: String?
        /// When this summary was made.
        package var written: String
        /// From the first claim to the end, or to this summary while it runs, by the wall clock, since several
        /// processes may take part: never below 0, even if the clock is set; nil before the first claim.
        package var runningSeconds: Double?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case created, ingested, started, finished, written
            case runningSeconds = "running_seconds"
        }
    }

    /// Milliseconds that a share of the answered calls did not exceed.
    package struct Latency: Sendable, Codable, Equatable {
        /// Half of them.
        package var median: Int
        /// 95 in a hundred.
        package var p95: Int
        /// 99 in a hundred.
        package var p99: Int
        /// All.
        package var longest: Int

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case median = "median_ms"
            case p95 = "p95_ms"
            case p99 = "p99_ms"
            case longest = "longest_ms"
        }
    }
}

extension BatchSummary {
    /// Sums up a batch from its counters and what was counted while its records passed by.
    init(_ batch: Batch, figures: BatchFigures, cost: Cost, files: [File], audit: AuditHead, now: WallTime) {
        self.init(
            batch: Identity(batch), state: batch.state.rawValue, reason: batch.reason,
            records: Records(figures), calls: Calls(batch.counts),
            cost: cost, times: Times(batch, now: now),
            latency: Latency(figures.latency), scores: figures.scores.counted, timeline: figures.timeline,
            provenance: Origin(batch.provenance), audit: audit, files: files)
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
    /// The figures of some calls; nil where there are none.
    ///
    /// - Parameter times: How long each took.
    package init?(_ times: [Duration]) {
        var figures = LatencyFigures()
        for time in times { figures.add(time) }
        self.init(figures)
    }

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
