import Basics
import OpenSSL

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
        MovedTable(name: "unknown_batches", key: ["id"]),
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
struct TableWalk {
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
