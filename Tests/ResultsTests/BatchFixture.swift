import Basics
import Foundation
import Ingest
import RecordStore
import Results
import TestSupport
import Testing

/// A real store in a folder of its own, and a batch made line by line.
struct BatchFixture {
    let place: ResultsFixture
    let store: RecordStore
    let batch: BatchID

    /// The time at which every attempt begins: 2026-01-31 22:00 UTC.
    static let start: WallTime = 1_769_896_800_000

    struct Line {
        var number: Int
        var id: String
        var row: String
        /// nil: to be sent.
        var refusal: String?
    }

    init(format: InputKind = .csv, fileName: String = "accounts.csv", lines: [Line]) async throws {
        place = try ResultsFixture()
        let origin = Provenance(
            user: "nora", host: "night", version: "0.2.0", settingsHash: "5e77", endpoint: "https://api.example",
            keyID: "k1d", certificateFingerprint: "ce47")
        store = try await StoreDescription(
            engine: .sqlite(path: place.path + "/rollcall.sqlite"), sealingKey: place.path + "/sealing.key",
            keysFolder: place.path, endpoint: origin.endpoint
        ).openForRunning(origin)
        batch = try await store.createBatch(
            NewBatch(
                job: "nightly", fileName: fileName, contentDigest: [UInt8](repeating: 0xAB, count: 32), format: format,
                layout: [], provenance: origin)
        ).id
        try await take(lines)
    }

    private func take(_ lines: [Line]) async throws {
        var chunk = try await store.chunk(for: batch)
        for line in lines {
            let (id, row) = (Array(line.id.utf8), Array(line.row.utf8))
            try id.withUnsafeBytes { id in
                try row.withUnsafeBytes { row in
                    if let refusal = line.refusal {
                        try chunk.appendInvalid(line: line.number, id: id, rawRow: row, error: refusal)
                    } else {
                        try chunk.append(line: line.number, id: id, rawRow: row, canonicalRequest: row)
                    }
                }
            }
        }
        _ = try await store.append(chunk, checkpoint: Checkpoint(byteOffset: 1, line: 1))
        let state: BatchState = lines.allSatisfy { $0.refusal != nil } ? .completed : .running
        try await store.finishIngest(batch, state: state)
    }

    /// Claims what is queued and ends each attempt as `end` says; what it has no word for is released.
    func attempt(_ end: (ClaimedRecord) -> Completion?) async throws {
        let caps = CallCaps(day: CallDay(rawValue: 20_260_131))
        let claim = try await store.claim(batch, upTo: 1000, now: Self.start, caps: caps)
        let completions = claim.records.map { record in
            end(record) ?? Self.completion(of: record, .unsent, next: .release, billable: .no)
        }
        _ = try await store.finish(completions)
    }

    func complete() async throws { try await store.setState(batch, to: .completed, reason: nil) }

    static func completion(
        of record: ClaimedRecord, _ outcome: AttemptOutcome, http: Int? = nil, reason: String? = nil,
        error: String? = nil, answer: String? = nil, milliseconds: Int64 = 250, next: NextStep, billable: Billable
    ) -> Completion {
        Completion(
            attempt: record.attempt, record: record.id, outcome: outcome, httpStatus: http, reasonCode: reason,
            correlationID: http == nil ? nil : "corr-\(record.id.line)",
            requestRefID: answer == nil ? nil : "ref-\(record.id.line)", errorText: error,
            answer: answer.map { Array($0.utf8) }, startedAt: start, finishedAt: start + milliseconds, next: next,
            billable: billable)
    }

    static func success(_ record: ClaimedRecord, _ answer: String, warning: String? = nil) -> Completion {
        completion(
            of: record, .succeeded, http: 200, error: warning, answer: answer, next: .succeeded, billable: .yes)
    }

    static func doubt(_ record: ClaimedRecord, again: Bool = false) -> Completion {
        completion(
            of: record, .inDoubt, error: "no answer within 30 s",
            next: again ? .retry(notBefore: 0, spendsAttempt: true) : .inDoubt, billable: .unknown)
    }

    /// The input's form, as Ingest gives rows back.
    struct Form: ReturnFormat {
        let rows: ReturnedRows
        var fileExtension: String { rows.fileExtension }
        var beginning: [UInt8] { rows.beginning }
        var delimiter: UInt8? { rows.delimiter }

        init(_ format: InputFormat, header: String = "") {
            rows = ReturnedRows(
                layout: RecordLayout(
                    format: format, headerLine: Array(header.utf8), lineEnd: [UInt8(ascii: "\n")],
                    hasByteOrderMark: false, columns: header.split(separator: ",").map(String.init),
                    mapping: FieldMapping()))
        }

        func line(_ rawRow: [UInt8], status: String, reason: String, line: Int, batch: String) -> [UInt8] {
            rows.line(rawRow, status: status, reason: reason, line: line, batch: batch)
        }

        static let csv = Form(.csv(delimiter: UInt8(ascii: ",")), header: "id,email")
        static let jsonLines = Form(.jsonLines)
    }

    @discardableResult
    func write(
        _ form: Form = .csv, options: ResultOptions = ResultOptions(), pricing: Pricing? = nil
    ) async throws -> WrittenResults {
        try await ResultWriter(store: store).write(
            batch, into: place.path + "/out/" + store.batch(batch).name, returning: form,
            options: options, pricing: pricing, now: Self.start + 60_000)
    }

    var folder: String { "out/accounts-1" }

    func read(_ file: String) throws -> String { try place.read(folder + "/" + file) }
}
