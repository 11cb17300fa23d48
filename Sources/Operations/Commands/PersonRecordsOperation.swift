import Basics
import Foundation
import Ingest
import RecordStore
import Results

/// `rollcall records --id -`: whether persons were screened, when, and with what result, over all batches (GDPR,
/// article 15).
package struct PersonRecordsOperation: Sendable {
    private let text: [UInt8]
    private let config: String
    private let json: Bool
    private let console: Console

    /// Describes whose records to list.
    ///
    /// - Parameters:
    ///   - text: Record ids, or account ids before or after hashing, one on each line.
    ///   - config: The settings file.
    ///   - json: Whether whole answers are printed, as JSON lines.
    ///   - console: Where they go.
    package init(idsIn text: [UInt8], config: String, json: Bool, console: Console = .standard) {
        self.text = text
        self.config = config
        self.json = json
        self.console = console
    }

    /// Prints the records by batch and line, and enters in the audit that they were looked for.
    ///
    /// - Throws: `StoreError` with `keysFolder`, when all others are listed, where a batch cannot be read for want of its
    ///   month's key.
    package func perform() async throws -> ExitStatus {
        let ids = try PersonIDs(reading: text)
        let outcome = try await OperatorSession.with(Installation(config: config), console: console) { session in
            try await list(ids, in: session)
        }
        console.note(outcome.text)
        if let text = PersonIDs.notFound("nothing", onLines: ids.lines(besides: outcome.places)) { console.note(text) }
        // The answer is not whole where a month's key is missing.
        if let fault = outcome.faults.first { throw fault }
        return .succeeded
    }

    /// What was looked through.
    private struct Outcome {
        var records = 0
        var batches = 0
        var erased = 0
        /// Batches whose rows were purged: a record is found there by its own id only.
        var withoutRows = 0
        var forgotten = 0
        var unreadable = 0
        /// The ids, by their places from 0, for which something was found.
        var places: Set<Int> = []
        /// Why batches could not be read.
        var faults: [StoreError] = []

        var text: String {
            var parts = ["\(Counted.things(records, "record")) found in \(Counted.things(batches, "batch"))"]
            if erased > 0 { parts.append("\(Counted.things(erased, "batch")) erased: nobody can tell any more") }
            if withoutRows > 0 {
                parts.append("\(Counted.things(withoutRows, "batch")) without rows: searched for record ids only")
            }
            if forgotten > 0 { parts.append("\(Counted.things(forgotten, "record")) of persons who were forgotten") }
            if unreadable > 0 { parts.append("\(Counted.things(unreadable, "record")) altered and not readable") }
            if !faults.isEmpty { parts.append("\(Counted.things(faults.count, "batch")) not looked through") }
            return parts.joined(separator: "; ")
        }
    }

    private func list(_ ids: PersonIDs, in session: OperatorSession) async throws -> Outcome {
        try await session.note(.readRecords, of: nil, detail: "of \(Counted.things(ids.count, "id"))")
        if !json { console.output(PersonRecord.header) }
        var outcome = Outcome()
        for batch in try await session.store.batches() { try await list(ids, batch, session.store, &outcome) }
        return outcome
    }

    private func list(
        _ ids: PersonIDs, _ batch: Batch, _ store: RecordStore, _ outcome: inout Outcome
    ) async throws {
        do {
            let layout = try RecordLayout(decoding: await store.layout(of: batch.id))
            let key = layout.mapping.needsAccountKey ? try await store.accountHashKey() : nil
            var match = try PersonMatch(ids.texts, layout: layout, accountKey: key)
            outcome.batches += 1
            if batch.purged.payloads != nil { outcome.withoutRows += 1 }
            try await store.forEachRecord(batch.id) { view in
                guard view.forgottenAt == nil else {
                    outcome.forgotten += 1
                    return
                }
                guard let payload = try? view.payload() else {
                    // One that was altered is counted and hides no other.
                    outcome.unreadable += 1
                    return
                }
                let place = try match.place(of: payload.rawRow, id: payload.id, line: view.line)
                guard let place else { return }
                outcome.records += 1
                outcome.places.insert(place)
                let record = try PersonRecord(view, of: batch, given: place + 1)
                console.output(json ? try record.json : record.text)
                try console.requireOutput()
            }
        } catch let error as StoreError where error.code == .notFound || error.code == .purged {
            outcome.erased += 1
        } catch let error as StoreError where error.code == .keysFolder {
            outcome.faults.append(error)
        }
    }
}

/// A person's record as `records --id` lists it.
struct PersonRecord {
    static let header = "BATCH\tFILE\tLINE\tID\tSTATUS\tSENT\tSETTLED\tREASON"

    private let view: RecordView
    private let batch: Batch
    private let id: String
    private let reason: String?
    /// Which of the ids that were given it belongs to, from 1.
    private let given: Int

    init(_ view: RecordView, of batch: Batch, given: Int) throws {
        self.view = view
        self.batch = batch
        self.given = given
        id = String(decoding: try view.id, as: UTF8.self)
        reason = try view.errorText ?? view.reasonCode
    }

    /// Tab-separated; control characters of an id or a file's name cannot break the table.
    var text: String {
        let times = [view.submittedAt, view.completedAt].map { $0.map(Timestamp.text) ?? "" }
        return ([batch.name, batch.fileName, String(view.line), id, view.status.rawValue] + times + [reason ?? ""])
            .map(PlainText.line).joined(separator: "\t")
    }

    /// One object on one line; `record` is its line in `results.jsonl`, with the whole answer.
    var json: String {
        get throws {
            let place = JSONText.text(of: self)
            let line = String(decoding: try ResultWriter.line(of: view), as: UTF8.self)
            return "\(place.dropLast()),\"\(CodingKeys.record.stringValue)\":\(line)}"
        }
    }
}

extension PersonRecord: Encodable {
    enum CodingKeys: CodingKey, CaseIterable { case batch, job, file, given, record }

    /// Writes where the record is, without its line of the results.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(batch.name, forKey: .batch)
        try container.encode(batch.job, forKey: .job)
        try container.encode(batch.fileName, forKey: .file)
        try container.encode(given, forKey: .given)
    }
}
