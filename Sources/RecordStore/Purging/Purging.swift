package import Basics
import Foundation

extension RecordStore {
    /// One step blocks other writers for some milliseconds.
    static let recordsPurgedAtATime = 250

    /// Erases what is personal of a finished batch, as far as a scope reaches.
    ///
    /// One transaction records the purge and, from the results on, removes the batch's key: from then on nothing of the
    /// batch can be read. Then its records are purged in small steps. Interrupted there, ``finishPurges()`` continues.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - scope: How much of it.
    ///   - now: The time.
    ///   - action: Who purged it, recorded in the same transaction.
    /// - Returns: Whether it was purged; false when it was before, or is needed.
    /// - Throws: ``StoreError`` when state can't be written, or the batch's key can't be read.
    package func purge(
        _ batch: BatchID, _ scope: PurgeScope, at now: WallTime, noting action: Action
    ) async throws -> Bool {
        try await purge(batch, scope, at: now, noting: action, beforeStep: {})
    }

    /// The same; what `beforeStep` throws ends it there.
    func purge(
        _ batch: BatchID, _ scope: PurgeScope, at now: WallTime, noting action: Action,
        beforeStep: @escaping @Sendable () throws -> Void
    ) async throws -> Bool {
        try beforeStep()
        let hasBegun = try await write { connection in
            guard try connection.beginPurge(of: batch, scope, at: now) else { return false }
            try connection.insert(action)
            return true
        }
        if hasBegun { try await continuePurge(of: batch, beforeStep: beforeStep) }
        return hasBegun
    }

    /// Continues purges that were interrupted. A batch whose key can't be read waits for it, and keeps no other waiting.
    ///
    /// - Returns: How many batches it concerned.
    /// - Throws: ``StoreError`` when state can't be read or written, at once, or a batch's key can't be read, when all
    ///   others are done.
    @discardableResult
    package func finishPurges() async throws -> Int {
        let sql = "SELECT id FROM batches INDEXED BY batches_being_purged WHERE purge_next IS NOT NULL ORDER BY id"
        let batches = try await read { try Int64.fetchAll($0, sql: sql) }.map(BatchID.init(rawValue:))
        var fault: StoreError?
        for batch in batches {
            do {
                try await continuePurge(of: batch)
            } catch let error as StoreError where !error.isFatal {
                fault = fault ?? error
            }
        }
        if let fault { throw fault }
        return batches.count
    }

    private func continuePurge(of batch: BatchID, beforeStep: () throws -> Void = {}) async throws {
        // It may have been cached before the row of the key was removed.
        dropKey(of: batch)
        let key = try await BlockingWork.run { try existingDataKey(of: batch) }
        repeat { try beforeStep() } while try await write { try $0.purgeNext(of: batch, key) }
    }

    /// Empties the log of what was changed, so that nothing erased is left there.
    ///
    /// - Returns: False where another process reads or writes just now; its maintenance overwrites the log later. False
    ///   also where a server keeps the log, which nobody else can empty.
    /// - Throws: ``StoreError`` when the database can't be written.
    package func emptyLog() async throws -> Bool {
        guard !isAtServer else { return false }
        let checkpoint = WALCheckpoint(database: try sqlite.path)
        return try await BlockingWork.run {
            try StoreError.translating(.writing) { try checkpoint.run(truncating: true) }
        }
    }

    /// The batches whose results are still to be written, or whose input files to be put away. A file that was refused as
    /// a whole has no results.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func batchesLackingResults() async throws -> Set<BatchID> {
        let sql = """
            SELECT id FROM batches INDEXED BY batches_to_tend
            WHERE (finished_at IS NULL OR results_for IS DISTINCT FROM finished_at) AND state <> 'rejected'
            UNION SELECT batch_id FROM claimed_files WHERE batch_id IS NOT NULL
            """
        return Set(try await read { try Int64.fetchAll($0, sql: sql) }.map(BatchID.init(rawValue:)))
    }
}

extension WriterConnection {
    /// Records that a batch is purged and, from the results on, removes its key. Nothing is to be written of it from
    /// then on.
    ///
    /// - Returns: Whether it was possible: ``PurgeDecision`` may have been made from an earlier state.
    fileprivate func beginPurge(of batch: BatchID, _ scope: PurgeScope, at now: WallTime) throws -> Bool {
        try database.execute(
            sql: """
                UPDATE batches SET \(Self.purgeTimes(of: scope)), purge_next = ?3, results_for = finished_at
                WHERE id = ?1 AND \(scope.column) IS NULL AND finished_at IS NOT NULL
                  AND queued = 0 AND in_flight = 0 AND in_doubt = 0
                  AND (state = 'rejected' OR results_for IS NOT DISTINCT FROM finished_at)
                  AND NOT EXISTS (SELECT 1 FROM claimed_files WHERE batch_id = ?1)
                """,
            arguments: [batch.rawValue, now, batch.records.lowerBound])
        guard database.changesCount == 1 else { return false }
        try database.execute(sql: "DELETE FROM waiting_reruns WHERE batch_id = ?", arguments: [batch.rawValue])
        if scope >= .results { try removeKey(of: batch) }
        return true
    }

    /// The assignments that record a purge at the time `?2`.
    private static func purgeTimes(of scope: PurgeScope) -> String {
        scope.included.map { "\($0.column) = coalesce(\($0.column), ?2)" }.joined(separator: ", ")
    }

    /// Removes a batch's key and what it opens outside its records. Its answers are no longer looked for.
    private func removeKey(of batch: BatchID) throws {
        for table in ["batch_keys", "layouts"] {
            try database.execute(sql: "DELETE FROM \(table) WHERE batch_id = ?", arguments: [batch.rawValue])
        }
        try database.execute(
            sql: "UPDATE batches SET answers_known = succeeded, keeps_answers = 0 WHERE id = ?",
            arguments: [batch.rawValue])
    }

    /// Purges the next records of a purged batch, wherever the archive's border lies.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - key: Its key; nil: nothing of it can be read, so that nothing sealed is kept.
    /// - Returns: Whether there are more.
    /// - Throws: The engine's error when it can't be written.
    fileprivate func purgeNext(of batch: BatchID, _ key: DataKey?) throws -> Bool {
        let sql = "SELECT purge_next, results_purged_at, ledger_purged_at FROM batches WHERE id = ?"
        guard let row = try StoredRow.fetchOne(database, sql: sql, arguments: [batch.rawValue]),
            let start: Int64 = row[0]
        else { return false }
        let last = batch.records.upperBound
        let ends = try RecordTables.allCases.compactMap { tables in
            try Int64.fetchOne(
                database, sql: "SELECT id FROM \(tables.records) WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1 OFFSET ?",
                arguments: [start, last, RecordStore.recordsPurgedAtATime])
        }
        let range = try (database.isFile ? stepBefore(start, of: batch) : start)...(ends.min() ?? last)
        for tables in RecordTables.allCases {
            if let key, row[1] == nil as Int64? {
                try purgeRows(of: range, in: tables, keepingIDsBy: key)
            } else {
                try purgeResults(of: range, in: tables)
            }
            if row[2] != nil as Int64? { try purgeLedger(of: range, in: tables) }
        }
        try database.execute(
            sql: "UPDATE batches SET purge_next = ? WHERE id = ?", arguments: [ends.min(), batch.rawValue])
        return !ends.isEmpty
    }

    /// Where the step before began. Its rows are written once more with those of the next: the page where a step ends also
    /// holds rows that come after it, and gets empty only then; see ``rewrite(_:of:by:_:)``.
    private func stepBefore(_ start: Int64, of batch: BatchID) throws -> Int64 {
        let first = batch.records.lowerBound
        let starts = try RecordTables.allCases.compactMap { tables in
            try Int64.fetchOne(
                database,
                sql: "SELECT id FROM \(tables.records) WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1 OFFSET ?",
                arguments: [first, start, RecordStore.recordsPurgedAtATime - 1])
        }
        return starts.max() ?? first
    }
}

/// Where a batch's records, results and attempts lie: in the working tables or in the archive.
private enum RecordTables: CaseIterable {
    case working, archived

    private var prefix: String { self == .working ? "" : "archived_" }
    var records: String { prefix + "records" }
    var results: String { prefix + "results" }
    var attempts: String { prefix + "attempts" }
}

extension WriterConnection {
    /// Keeps the ids of some records, sealed again without their rows. What does not open is not kept.
    private func purgeRows(
        of range: ClosedRange<Int64>, in tables: RecordTables, keepingIDsBy key: DataKey
    ) throws {
        try rewrite(range, of: tables.records, by: "id") { row in
            ["payload": .bytes(try idAlone(of: row["id"] ?? 0, in: row["payload"] ?? [], key))]
        }
    }

    private func idAlone(of record: Int64, in payload: [UInt8], _ key: DataKey) throws -> [UInt8] {
        do {
            let id = try SealedPayload.read(key.open(payload, record: record, column: .payload)).id
            return try key.seal(SealedPayload.bytes(id: id), record: record, column: .payload)
        } catch let error as StoreError where error.code == .altered {
            return []
        }
    }

    /// Overwrites what is sealed of some records. An answer that is gone serves no identical record any more.
    private func purgeResults(of range: ClosedRange<Int64>, in tables: RecordTables) throws {
        let arguments: SQLArguments = [range.lowerBound, range.upperBound]
        let answered = try StoredRow.fetchAll(
            database, sql: "SELECT fingerprint, id FROM \(tables.records) WHERE id BETWEEN ? AND ? AND status = 2",
            arguments: arguments)
        let forget = try database.cached("DELETE FROM answers WHERE fingerprint = ? AND record_id = ?")
        for row in answered { try forget.run([row.bytes(0), row[1] as Int64]) }
        try rewrite(range, of: tables.records, by: "id") { _ in ["payload": .bytes([])] }
        try rewrite(range, of: tables.results, by: "record_id") { _ in ["detail": .null, "answer": .null] }
    }

    /// Deletes rows and puts them back with other values in some columns.
    ///
    /// An update is not enough: where pages are divided or merged, SQLite leaves copies of rows in the unused part of a
    /// page, which `secure_delete` does not reach. A page that gets empty is overwritten as a whole. What a server keeps of
    /// a row that was overwritten is its own business: there an update is all that can be done.
    func rewrite(
        _ range: ClosedRange<Int64>, of table: String, by column: String,
        _ changes: (NamedRow) throws -> [String: SQLValue]
    ) throws {
        let (rows, arguments) = ("FROM \(table) WHERE \(column) BETWEEN ? AND ?", [range.lowerBound, range.upperBound])
        let old = try NamedRow.fetchAll(database, sql: "SELECT * \(rows)", arguments: SQLArguments(arguments))
        guard let columns = old.first?.columns else { return }
        guard database.isFile else { return try update(old, of: table, by: column, changes) }
        // What refers to a record finds it again before the commit.
        try database.execute(sql: "PRAGMA defer_foreign_keys = ON")
        try database.execute(sql: "DELETE \(rows)", arguments: SQLArguments(arguments))
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        let insert = try database.cached(
            "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(places))")
        for row in old {
            let changes = try changes(row)
            try insert.run(SQLArguments(columns.map { changes[$0] ?? row.value($0) }))
        }
    }

    private func update(
        _ rows: [NamedRow], of table: String, by column: String, _ changes: (NamedRow) throws -> [String: SQLValue]
    ) throws {
        for row in rows {
            let changes = try changes(row).sorted { $0.key < $1.key }
            guard !changes.isEmpty else { continue }
            let assignments = changes.map { "\($0.key) = ?" }.joined(separator: ", ")
            try database.cached("UPDATE \(table) SET \(assignments) WHERE \(column) = ?").run(
                SQLArguments(changes.map(\.value) + [row.value(column)]))
        }
    }

    /// Deletes some records with their attempts.
    private func purgeLedger(of range: ClosedRange<Int64>, in tables: RecordTables) throws {
        for (table, column) in [(tables.results, "record_id"), (tables.attempts, "record_id"), (tables.records, "id")] {
            try database.execute(
                sql: "DELETE FROM \(table) WHERE \(column) BETWEEN ? AND ?",
                arguments: [range.lowerBound, range.upperBound])
        }
    }
}

extension WriterConnection {
    /// Records that what was sealed under a period key is gone, in the transaction that destroys it: finished batches
    /// count as purged. A batch that had not ended, as in a copy restored from before it did, is cancelled, because
    /// nothing of it can be sent; its records in doubt stay so.
    func recordLoss(ofBatchesUnder period: PeriodKeyName, at now: WallTime) throws {
        let sql = "SELECT batch_id FROM batch_keys WHERE period_key_id = ?"
        let batches = try Int64.fetchAll(database, sql: sql, arguments: [period.id.bytes])
        let unfinished = Set(BatchState.allCases.filter { !$0.isFinished })
        for batch in batches.map(BatchID.init(rawValue:)) {
            _ = try move(
                batch, from: unfinished, to: .cancelled, reason: "the key of \(period.month) was destroyed")
            try removeKey(of: batch)
            try database.execute(
                sql: """
                    UPDATE batches SET \(Self.purgeTimes(of: .results)), purge_next = ?3
                    WHERE id = ?1 AND queued = 0 AND in_flight = 0 AND in_doubt = 0
                    """,
                arguments: [batch.rawValue, now, batch.records.lowerBound])
            // There is nothing left to write results from.
            try database.execute(
                sql: "UPDATE batches SET results_for = finished_at WHERE id = ?", arguments: [batch.rawValue])
        }
    }
}
