import Basics
import OpenSSL

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
            if table.name == "batches" { try target.makePartitionsOfBatches() }
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

/// The triggers that let nobody write entries of the audit but after the last, each with its hash. Entries from before there
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

/// A table whose rows are copied as they are when a database moves to another engine.
struct MovedTable: Sendable, Equatable {
    let name: String
    /// The columns by which its rows are told apart.
    let key: [String]
    /// Whether PostgreSQL has rows of each node in it.
    var isOfNodes = false

    /// All of them, each after those it refers to.
    static let all = [
        MovedTable(name: "period_keys", key: ["id"]), MovedTable(name: "batches", key: ["id"]),
        MovedTable(name: "layouts", key: ["batch_id"]), MovedTable(name: "batch_keys", key: ["batch_id"]),
        MovedTable(name: "records", key: ["id"]),
        MovedTable(name: "ready", key: ["batch_id", "not_before", "record_id"]),
        MovedTable(name: "results", key: ["record_id"]), MovedTable(name: "attempts", key: ["record_id", "id"]),
        MovedTable(name: "archived_records", key: ["id"]), MovedTable(name: "archived_results", key: ["record_id"]),
        MovedTable(name: "archived_attempts", key: ["record_id", "id"]),
        MovedTable(name: "unknown_batches", key: ["id", "source"]),
        MovedTable(name: "answers", key: ["fingerprint", "record_id"]), MovedTable(name: "call_days", key: ["day"]),
        MovedTable(name: "ledger_days", key: ["day", "batch_id"]),
        MovedTable(name: "other_calls", key: ["day", "kind"]),
        MovedTable(name: "recent_answers", key: ["up_to"]), MovedTable(name: "restores", key: ["id"]),
        MovedTable(name: "result_folders", key: ["batch_id", "folder"]),
        MovedTable(name: "waiting_reruns", key: ["batch_id"]),
        MovedTable(name: "key_reminders", key: ["fingerprint", "days"]),
        MovedTable(name: "account_hash_key", key: ["id"]), MovedTable(name: "audit", key: ["id"]),
        MovedTable(name: "forgotten_records", key: ["record_id"]),
        MovedTable(name: "schedules", key: ["job"], isOfNodes: true),
        MovedTable(name: "claimed_files", key: ["path"], isOfNodes: true),
    ]

    /// Tables that are written anew there, or say only what a process was doing.
    static let apart: Set<String> = ["store", "ledger_position", "limiter", "runner", "runner_requests"]

    /// Columns that only PostgreSQL's tables have: which node it was, and when a call might leave.
    private static let columnsApart: Set<String> = [
        "batches.home_node", "attempts.node_id", "attempts.epoch", "attempts.claim_id", "attempts.slot_us",
        "attempts.send_until_us", "schedules.node_id", "claimed_files.node_id",
    ]

    /// The column that names the node of PostgreSQL to which its rows are given.
    var nodeColumn: String? { name == "batches" ? "home_node" : isOfNodes ? "node_id" : nil }

    /// The columns that both engines have, in one order.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/damaged`` where one has others than the schema says.
    func columns(_ one: StoreConnection, _ other: StoreConnection) throws -> [String] {
        let (first, second) = (Set(try one.columnNames(of: name)), Set(try other.columnNames(of: name)))
        guard !first.isEmpty,
            first.symmetricDifference(second).allSatisfy({ Self.columnsApart.contains("\(name).\($0)") })
        else {
            throw StoreError(.damaged, "Table \(name) has other columns than this version knows; nothing was moved")
        }
        return first.intersection(second).sorted()
    }
}

/// How many rows there are, and what they hold, in whatever order they are read: two of them are equal where the rows are.
struct RowSum: Sendable, Equatable {
    private(set) var count = 0
    private var digest = [UInt8](repeating: 0, count: SHA256.byteCount)

    /// Adds a row.
    ///
    /// - Throws: An OpenSSL error.
    mutating func add(_ row: [SQLValue]) throws {
        var bytes: [UInt8] = []
        for value in row { Self.append(value, to: &bytes) }
        // Rows differ by their keys, so that no two of them cancel each other out.
        for (index, byte) in try SHA256.digest(bytes).enumerated() { digest[index] ^= byte }
        count += 1
    }

    private static func append(_ value: SQLValue, to bytes: inout [UInt8]) {
        func append(_ tag: UInt8, _ number: UInt64) {
            bytes.append(tag)
            withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
        }
        switch value {
        case .null: bytes.append(0)
        case .integer(let number): append(1, UInt64(bitPattern: number))
        case .real(let number): append(2, number.bitPattern)
        case .text(let text):
            append(3, UInt64(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
        case .bytes(let content):
            append(4, UInt64(content.count))
            bytes.append(contentsOf: content)
        }
    }
}

/// Reads a table's rows in small portions, so that neither engine holds them all in memory.
private struct TableWalk {
    /// An answer may be a megabyte.
    private static let rowsAtATime = 500

    let table: MovedTable
    let columns: [String]
    /// The node whose rows are read; nil: all.
    var node: Int64?

    /// Reads all rows.
    ///
    /// - Throws: The engine's error; what the body throws.
    func forEachRow(_ database: StoreConnection, _ body: ([SQLValue]) throws -> Void) throws {
        let places = table.key.compactMap { columns.firstIndex(of: $0) }
        let keys = table.key.map { "\"\($0)\"" }.joined(separator: ", ")
        var last: [SQLValue] = []
        while true {
            var conditions: [String] = []
            var arguments: [any SQLArgument] = last
            if !last.isEmpty {
                conditions.append("(\(keys)) > (\(last.map { _ in "?" }.joined(separator: ", ")))")
            }
            if let node, table.isOfNodes {
                conditions.append("node_id = ?")
                arguments.append(node)
            }
            let filter = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND "))"
            let rows = try StoredRow.fetchAll(
                database,
                sql: """
                    SELECT \(columns.map { "\"\($0)\"" }.joined(separator: ", ")) FROM \(table.name) \(filter)
                    ORDER BY \(keys) LIMIT \(Self.rowsAtATime)
                    """, arguments: SQLArguments(arguments))
            for row in rows { try body(row.values) }
            guard rows.count == Self.rowsAtATime, let end = rows.last else { return }
            last = places.map { end.values[$0] }
        }
    }

    /// Counts and sums all rows.
    ///
    /// - Throws: The engine's error.
    func sum(_ database: StoreConnection) throws -> RowSum {
        var sum = RowSum()
        try forEachRow(database) { try sum.add($0) }
        return sum
    }
}

extension StoreConnection {
    /// The names of a table's columns; none where there is no such table.
    ///
    /// - Throws: The engine's error.
    func columnNames(of table: String) throws -> [String] {
        guard !isFile else { return try columns(of: table) }
        return try String.fetchAll(
            self,
            sql: """
                SELECT column_name::text FROM "information_schema"."columns" WHERE table_schema = 'rollcall' AND table_name = ?
                """, arguments: [table])
    }
}
