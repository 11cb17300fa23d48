import Basics

/// Copies a database's rows into an empty one of the other engine, in one transaction of each, and compares what is there
/// then.
struct TableCopy {
    let source: StoreConnection
    let target: StoreConnection
    /// The node whose rows of the source are copied, where it has those of several.
    let sourceNode: Int64?
    /// The node to which they are given, where the target has several.
    let targetNode: Int64?
    /// Called before each step; what it throws ends the copy there.
    var beforeStep: @Sendable () throws -> Void = {}

    /// Copies everything and verifies it.
    ///
    /// - Returns: How many rows each table has.
    /// - Throws: The engines' errors; ``StoreError`` with ``StoreErrorCode/damaged`` where something differs.
    func perform() throws -> [String: Int] {
        var counts: [String: Int] = [:]
        try copyOwnRow()
        try copyLimiter()
        let triggers = try AuditTriggers(target)
        try triggers.disable(target)
        for table in MovedTable.all {
            try beforeStep()
            let columns = try table.columns(source, target)
            let copied = try copy(table, columns)
            let found = try TableWalk(table: table, columns: columns, node: targetNode).sum(target)
            guard copied == found else {
                throw StoreError(
                    .damaged,
                    "Table \(table.name) is not the same after it was copied (\(copied.count) rows, \(found.count) there); "
                        + "nothing was moved")
            }
            counts[table.name] = copied.count
        }
        try triggers.enable(target)
        try advanceNumbers()
        try beforeStep()
        try verifyCounters()
        return counts
    }

    private func copy(_ table: MovedTable, _ columns: [String]) throws -> RowSum {
        let node = targetNode == nil ? nil : table.nodeColumn
        let names = (columns + [node].compactMap { $0 }).map { "\"\($0)\"" }
        let places = names.map { _ in "?" }.joined(separator: ", ")
        let insert = try target.cached(
            "INSERT INTO \(table.name) (\(names.joined(separator: ", "))) VALUES (\(places))")
        let owner: [SQLValue] = node == nil ? [] : [targetNode.map(SQLValue.integer) ?? .null]
        var sum = RowSum()
        try TableWalk(table: table, columns: columns, node: sourceNode).forEachRow(source) { row in
            try sum.add(row)
            try insert.run(SQLArguments(row + owner))
        }
        return sum
    }

    /// The database's identity, and how far its ledger got.
    private func copyOwnRow() throws {
        let row = try StoredRow.fetchOne(
            source, sql: "SELECT store_id, endpoint, created_at, last_attempt FROM store JOIN ledger_position ON TRUE")
        guard let row else { throw StoreError.unfinished }
        try target.execute(
            sql: "INSERT INTO store (only_row, store_id, endpoint, created_at) VALUES (1, ?, ?, ?)",
            arguments: [row.values[0], row.values[1], row.values[2]])
        try target.execute(
            sql: "INSERT INTO ledger_position (only_row, last_attempt) VALUES (1, ?)", arguments: [row.values[3]])
    }

    /// What all nodes heed at once becomes one runner's, and the other way round.
    private func copyLimiter() throws {
        let arrival =
            source.isFile
            ? "max(theoretical_arrival_us)"
            : """
            greatest(max(theoretical_arrival_us), (SELECT given_out_until_us FROM contract))
            """
        let row = try StoredRow.fetchOne(
            source,
            sql: """
                SELECT \(arrival), min(rate_factor), max(closed_until), max(saved_at), max(key_doubted) FROM limiter
                """)
        guard let row, let saved: Int64 = row[3] else { return }
        try target.execute(
            sql: """
                INSERT INTO limiter
                  (only_row, theoretical_arrival_us, rate_factor, closed_until, saved_at, key_doubted)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                targetNode ?? RecordStore.onlyRunner, row.values[0], row.values[1], row.values[2], saved, row.values[4],
            ])
        guard !target.isFile else { return }
        try target.execute(
            sql: "UPDATE contract SET given_out_until_us = greatest(0, ?)", arguments: [row.values[0]])
    }

    /// No number is given twice.
    private func advanceNumbers() throws {
        try target.setLastBatchNumber(try source.lastBatchNumber())
        guard !target.isFile else { return }
        let next = (try Int64.fetchOne(target, sql: "SELECT max(id) FROM restores") ?? 0) + 1
        try target.execute(sql: "ALTER TABLE rollcall.restores ALTER COLUMN id RESTART WITH \(next)")
    }

    /// What a batch counts of its records is what there is, status by status.
    private func verifyCounters() throws {
        let statuses = ["queued", "in_flight", "succeeded", "failed", "in_doubt", "invalid", "reused", "cancelled"]
        let batches = try StoredRow.fetchAll(
            target,
            sql: """
                SELECT id, name, \(statuses.joined(separator: ", ")) FROM batches WHERE ledger_purged_at IS NULL ORDER BY id
                """)
        for batch in batches {
            let records = BatchID(rawValue: batch[0]).records
            let found = try StoredRow.fetchAll(
                target,
                sql: """
                    SELECT status, count(*) FROM (
                      SELECT status FROM records WHERE id BETWEEN ?1 AND ?2
                      UNION ALL SELECT status FROM archived_records WHERE id BETWEEN ?1 AND ?2) AS every_record
                    GROUP BY status
                    """, arguments: [records.lowerBound, records.upperBound])
            let counts = found.reduce(into: [Int64](repeating: 0, count: statuses.count)) { counts, row in
                counts[Int(row[0] as Int64)] = row[1]
            }
            let expected: [Int64] = statuses.indices.map { batch[2 + $0] }
            guard counts == expected else {
                let name: String = batch[1]
                throw StoreError(
                    .damaged, "What batch \(name) counts and what it has differ in the source; nothing was moved")
            }
        }
    }
}

/// The triggers that let nobody write entries of the audit but behind the last, each with its hash. Entries from before there
/// were hashes are copied as they are.
private struct AuditTriggers {
    private static let name = "audit_is_appended"
    /// SQLite makes a trigger anew.
    private let sql: String?

    init(_ database: StoreConnection) throws {
        guard database.isFile else {
            sql = nil
            return
        }
        sql = try String.fetchOne(
            database, sql: "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?", arguments: [Self.name])
    }

    func disable(_ database: StoreConnection) throws {
        try database.execute(
            sql: database.isFile
                ? "DROP TRIGGER \(Self.name)" : "ALTER TABLE rollcall.audit DISABLE TRIGGER \(Self.name)")
    }

    func enable(_ database: StoreConnection) throws {
        try database.execute(sql: sql ?? "ALTER TABLE rollcall.audit ENABLE TRIGGER \(Self.name)")
    }
}
