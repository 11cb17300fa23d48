package import Basics
import Foundation
import IdentityInsights
package import RecordStore

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
