package import Basics
import Foundation

/// A record that was forgotten: its line and status are left of it, and its rows of the ledger.
package struct ForgottenRecord: Sendable, Hashable {
    package let record: RecordID
    /// When.
    package let forgottenAt: WallTime

    /// Names a record.
    package init(record: RecordID, forgottenAt: WallTime) {
        (self.record, self.forgottenAt) = (record, forgottenAt)
    }
}

extension RecordStore {
    /// With the rows around each, which are written again, one step blocks other writers for some milliseconds.
    private static let recordsForgottenAtATime = 10

    /// Erases what is personal of records: row, id, answer, error details, fingerprint, and the links to records of the
    /// same request. What still waits is cancelled first. Line, status, times, correlation ids and the ledger stay.
    ///
    /// It is done in small steps, each whole or not at all. Interrupted, it is done again by another call: records that
    /// were forgotten stay so.
    ///
    /// - Parameters:
    ///   - records: The records; those that follow one of them are forgotten with it.
    ///   - now: The time.
    ///   - isRestored: Whether the database is a copy that is about to be put in place; see ``ForgetDecision``.
    ///   - action: Who forgot them, recorded in the first step; nil where that stands elsewhere.
    /// - Returns: The records that were forgotten; others are under way or in doubt.
    /// - Throws: ``StoreError`` when state can't be written.
    package func forget(
        _ records: [RecordID], at now: WallTime, isRestored: Bool = false, noting action: Action?
    ) async throws -> Set<RecordID> {
        var (forgotten, action) = (Set<RecordID>(), action)
        for start in stride(from: 0, to: records.count, by: Self.recordsForgottenAtATime) {
            let part = Array(records[start..<min(start + Self.recordsForgottenAtATime, records.count)])
            let noted = action
            forgotten.formUnion(
                try await write { connection in
                    try noted.map(connection.insert)
                    return try connection.forget(part, at: now, isRestored: isRestored)
                })
            action = nil
        }
        return forgotten
    }

    /// Records of lines that stand in files and of which the database has nothing to erase, so that they are taken out of
    /// these: of a file that was refused as a whole, or of a purged batch.
    ///
    /// - Throws: ``StoreError`` when state can't be written.
    package func forgetLines(_ records: [RecordID], at now: WallTime) async throws {
        try await write { connection in
            let note = try connection.database.cached(
                """
                INSERT INTO forgotten_records (record_id, forgotten_at) VALUES (?, ?)
                ON CONFLICT (record_id) DO UPDATE SET in_files = 1
                """)
            for record in records { try note.run([record.rawValue, now]) }
        }
    }

    /// The forgotten records of a batch, in input order.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func forgottenRecords(of batch: BatchID) async throws -> [ForgottenRecord] {
        let sql = """
            SELECT record_id, forgotten_at FROM forgotten_records WHERE record_id BETWEEN ? AND ? ORDER BY record_id
            """
        let range = batch.records
        return try await read { database in
            try StoredRow.fetchAll(database, sql: sql, arguments: [range.lowerBound, range.upperBound]).map {
                ForgottenRecord(record: RecordID(rawValue: $0[0]), forgottenAt: $0[1])
            }
        }
    }

    /// The records that were forgotten at some times, in the order of their batches and lines. It reads the whole list.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func forgottenRecords(at times: Set<WallTime>) async throws -> [ForgottenRecord] {
        let sql = "SELECT record_id, forgotten_at FROM forgotten_records ORDER BY record_id"
        return try await read { database in
            var records: [ForgottenRecord] = []
            let rows = try StoredRow.fetchCursor(database, sql: sql)
            while let row = try rows.next() {
                let record = ForgottenRecord(record: RecordID(rawValue: row[0]), forgottenAt: row[1])
                if times.contains(record.forgottenAt) { records.append(record) }
            }
            return records
        }
    }

    /// The batches of which forgotten records may still stand in files.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func batchesWithForgottenInFiles() async throws -> [BatchID] {
        let sql = """
            SELECT DISTINCT record_id >> 32 FROM forgotten_records INDEXED BY forgotten_records_still_in_files
            WHERE in_files = 1
            """
        return try await read { try Int64.fetchAll($0, sql: sql) }.map(BatchID.init(rawValue:)).sorted()
    }

    /// Records that forgotten records stand in none of a batch's files any more.
    ///
    /// - Throws: ``StoreError`` when state can't be written.
    package func markForgottenInFiles(_ records: [ForgottenRecord]) async throws {
        try await write { connection in
            let done = try connection.database.cached(
                "UPDATE forgotten_records SET in_files = 0 WHERE record_id = ?")
            for forgotten in records { try done.run([forgotten.record.rawValue]) }
        }
    }
}

extension WriterConnection {
    /// Forgets those of some records that can be, and the records that follow them.
    ///
    /// - Returns: The records that were forgotten.
    fileprivate func forget(_ records: [RecordID], at now: WallTime, isRestored: Bool) throws -> Set<RecordID> {
        var (forgotten, waiting) = (Set<RecordID>(), records)
        var (rows, counts) = ([ForgettableRow](), [BatchID: BatchCounts]())
        while let record = waiting.popLast() {
            guard !forgotten.contains(record), let row = try ForgettableRow(record, database),
                ForgetDecision(row.status, isRestored: isRestored).isPossible
            else { continue }
            waiting += try followers(of: record)
            if row.status == .queued { try cancel(row, &counts[record.batch, default: BatchCounts()]) }
            rows.append(row)
            try noteForgotten(record.rawValue, at: now)
            forgotten.insert(record)
        }
        try erase(rows)
        for (batch, changes) in counts { try add(changes, to: batch) }
        return forgotten
    }

    fileprivate func noteForgotten(_ record: Int64, at now: WallTime) throws {
        try database.execute(
            sql: "INSERT INTO forgotten_records (record_id, forgotten_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
            arguments: [record, now])
    }

    /// Those in the archive have none of their own: a person's records are found one by one.
    private func followers(of record: RecordID) throws -> [RecordID] {
        try Int64.fetchAll(
            database, sql: "SELECT id FROM records INDEXED BY records_following WHERE follows = ?",
            arguments: [record.rawValue]
        ).map(RecordID.init(rawValue:))
    }

    private func cancel(_ row: ForgettableRow, _ counts: inout BatchCounts) throws {
        let id = row.record.rawValue
        try database.execute(sql: "DELETE FROM ready WHERE record_id = ?", arguments: [id])
        try database.execute(sql: "UPDATE records SET status = 7, requeued = 0 WHERE id = ?", arguments: [id])
        counts.move(from: .queued, to: .cancelled)
        if row.follows { counts.following -= 1 }
    }

    /// A fingerprint of zeros is that of no request; the schema wants one of everything that was to be sent.
    private func erase(_ rows: [ForgettableRow]) throws {
        let ids = Set(rows.map(\.record.rawValue))
        let forget = try database.cached("DELETE FROM answers WHERE fingerprint = ? AND record_id = ?")
        for row in rows {
            if let fingerprint = row.fingerprint { try forget.run([fingerprint, row.record.rawValue]) }
        }
        let zeros = SQLValue.bytes([UInt8](repeating: 0, count: RecordChunk.fingerprintByteCount))
        for set in ["", "archived_"] {
            try rewrite(around: ids, in: "\(set)records", by: "id") { row in
                [
                    "payload": .bytes([]), "repeated": .integer(0), "follows": .null,
                    "fingerprint": row.value("fingerprint") == .null ? .null : zeros,
                ]
            }
            try rewrite(around: ids, in: "\(set)results", by: "record_id") { _ in
                ["detail": .null, "answer": .null, "reused_from": .null]
            }
        }
    }

    /// Writes some rows again with other values, together with those around them as they are, so that no copy is left in
    /// the unused part of a page: where SQLite divides or merges pages it leaves one in a page beside the row's.
    private func rewrite(
        around ids: Set<Int64>, in table: String, by column: String,
        _ changes: (NamedRow) throws -> [String: SQLValue]
    ) throws {
        for range in try ranges(around: ids, in: table, by: column) {
            try rewrite(range, of: table, by: column) { row in
                row[column].map(ids.contains) ?? false ? try changes(row) : [:]
            }
        }
    }

    /// More rows than lie on three pages, among which SQLite distributes them (`balance_nonroot` in btree.c), on each side.
    private static let rowsAround = 100

    private func ranges(
        around ids: Set<Int64>, in table: String, by column: String
    ) throws -> [ClosedRange<Int64>] {
        guard database.isFile else { return ids.sorted().map { $0...$0 } }
        var ranges: [ClosedRange<Int64>] = []
        for id in ids.sorted() {
            let batch = RecordID(rawValue: id).batch.records
            func end(_ comparison: String, _ order: String) throws -> Int64? {
                try Int64.fetchOne(
                    database,
                    sql: """
                        SELECT \(column) FROM \(table) WHERE \(column) \(comparison) ? ORDER BY \(column) \(order)
                        LIMIT 1 OFFSET \(Self.rowsAround)
                        """,
                    arguments: [id])
            }
            let first = max(batch.lowerBound, try end("<", "DESC") ?? batch.lowerBound)
            let last = min(batch.upperBound, try end(">", "ASC") ?? batch.upperBound)
            if let previous = ranges.last, previous.upperBound >= first {
                ranges[ranges.count - 1] = previous.lowerBound...max(previous.upperBound, last)
            } else {
                ranges.append(first...last)
            }
        }
        return ranges
    }
}

/// A record as it is before it is forgotten, wherever it lies.
private struct ForgettableRow {
    let record: RecordID
    let status: RecordStatus
    let fingerprint: [UInt8]?
    let follows: Bool
    /// What the names of the tables begin with in which it lies.
    let set: String

    /// Nil where there is none.
    init?(_ record: RecordID, _ database: StoreConnection) throws {
        for set in ["", "archived_"] {
            let sql = "SELECT status, fingerprint, follows IS NOT NULL FROM \(set)records WHERE id = ?"
            guard let row = try StoredRow.fetchOne(database, sql: sql, arguments: [record.rawValue]) else { continue }
            self.record = record
            self.set = set
            status = try RecordStatus(code: row[0])
            (fingerprint, follows) = (row[1], row[2])
            return
        }
        return nil
    }
}

/// What forgetting a person means for a record of theirs, by the status it has. A pure rule.
///
/// A call under way is awaited, because its answer would be written beside what was just erased; a record in doubt is
/// kept until an operator has decided about it, because its row is all that tells what may have been billed.
package enum ForgetDecision: Sendable, Equatable {
    /// What is personal of it is erased; its status stays.
    case erase
    /// It is cancelled, and erased.
    case cancel
    /// Its call is under way: its end is awaited.
    case awaitAnswer
    /// It is in doubt: it is resolved first.
    case resolveFirst

    /// Decides about one record.
    ///
    /// - Parameters:
    ///   - status: Its status.
    ///   - isRestored: Whether the database is a copy that is about to be put in place: nothing of it is under way, and
    ///     what was forgotten since it was made is erased whatever its status. A status that tells of a call stays.
    package init(_ status: RecordStatus, isRestored: Bool = false) {
        switch status {
        case .succeeded, .failed, .invalid, .reused, .cancelled: self = .erase
        case .queued: self = .cancel
        case .inFlight: self = isRestored ? .erase : .awaitAnswer
        case .inDoubt: self = isRestored ? .erase : .resolveFirst
        }
    }

    /// Whether the record is erased now.
    package var isPossible: Bool { self == .erase || self == .cancel }
}
