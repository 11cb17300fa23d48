import Basics

/// How the batches of a PostgreSQL database are numbered: the first of a month, in UTC, begins a new range of numbers, and
/// each range has partitions of its own for what is put away. Why not a partition for each batch: with some thousands of them a
/// plan takes milliseconds, and a statement over all of them more locks than a server has by default.
struct BatchRange: Equatable {
    /// As many numbers as a range has, one partition's batches at most; `make_partitions` of the schema says the same.
    static let size: Int64 = 100_000

    /// Counted from 0.
    let index: Int64

    /// The range of a batch's number.
    init(of number: Int64) { index = (number - 1) / Self.size }

    private init(index: Int64) { self.index = index }

    /// The one after it; nil where no batch may have its numbers.
    var next: BatchRange? {
        let next = BatchRange(index: index + 1)
        return next.first <= BatchID.greatest ? next : nil
    }
    var first: Int64 { index * Self.size + 1 }

    /// The name of one of its partitions.
    func partition(of table: String) -> String { "\(table)_to_\((index + 1) * Self.size)" }

    /// The number of a new batch.
    ///
    /// - Parameters:
    ///   - last: The greatest number that was given, or must not be; 0 where none was.
    ///   - begun: The month in which the last number's range was begun; nil where no batch has a number of it. Machines'
    ///     clocks differ, and a batch's time is taken before its number: what comes from before that month begins nothing.
    ///   - month: The new batch's month.
    /// - Returns: The number, from 1.
    static func number(after last: Int64, inRangeOf begun: CalendarMonth?, at month: CalendarMonth) -> Int64 {
        guard let begun, begun < month else { return last + 1 }
        return BatchRange(of: last).next?.first ?? last + 1
    }
}

/// The numbers of batches, none of which is given twice.
extension StoreConnection {
    /// The greatest number that a batch has, or must not get.
    ///
    /// - Throws: The engine's error.
    func lastBatchNumber() throws -> Int64 {
        let sql =
            switch engine {
            case .sqlite: "SELECT seq FROM sqlite_sequence WHERE name = 'batches'"
            case .postgreSQL:
                "SELECT greatest(last_batch, (SELECT max(id) FROM batches)) FROM ledger_position"
            }
        return try Int64.fetchOne(self, sql: sql) ?? 0
    }

    /// Sets the number after which the next batch is numbered.
    ///
    /// - Throws: The engine's error.
    func setLastBatchNumber(_ number: Int64) throws {
        guard case .sqlite = engine else {
            return try execute(sql: "UPDATE ledger_position SET last_batch = ?", arguments: [number])
        }
        try execute(sql: "UPDATE sqlite_sequence SET seq = ? WHERE name = 'batches'", arguments: [number])
        guard changesCount == 0 else { return }
        try execute(sql: "INSERT INTO sqlite_sequence (name, seq) VALUES ('batches', ?)", arguments: [number])
    }

    /// Numbers a batch that is made now; for what is put away of it, and of the range after it, there are partitions then.
    ///
    /// - Parameter instant: When it is made.
    /// - Returns: The number.
    /// - Throws: The engine's error.
    func nextBatchNumber(at instant: WallTime) throws -> Int64 {
        let last = try lastBatchNumber()
        guard !isFile else { return last + 1 }
        let begun = try Int64.fetchOne(
            self, sql: "SELECT created_at FROM batches WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1",
            arguments: [BatchRange(of: last).first, last])
        let number = BatchRange.number(
            after: last, inRangeOf: begun.map { CalendarMonth(at: WallTime(milliseconds: $0)) },
            at: CalendarMonth(at: instant))
        try makePartitions(for: BatchRange(of: number))
        return number
    }

    /// The table whose partitions `make_partitions` makes last.
    private static let lastPartitioned = "archived_attempts"

    /// Makes the partitions of a range, and of the one after it unless something that works on a whole table, such as
    /// `VACUUM`, is in the way: then another batch does.
    private func makePartitions(for range: BatchRange) throws {
        let last = (range.next ?? range).partition(of: Self.lastPartitioned)
        let isMade = try Bool.fetchOne(
            self, sql: "SELECT to_regclass(?) IS NOT NULL", arguments: ["\(PostgreSQLText.schema).\(last)"])
        guard isMade != true else { return }
        try makePartitions(of: range.index, waits: true)
        if let next = range.next { try makePartitions(of: next.index, waits: false) }
    }

    /// Makes the partitions that a copy of some batches needs.
    ///
    /// - Throws: The engine's error.
    func makePartitionsOfBatches() throws {
        guard !isFile else { return }
        let ranges = try Int64.fetchAll(
            self, sql: "SELECT DISTINCT (id - 1) / ? FROM batches", arguments: [BatchRange.size])
        for range in ranges { try makePartitions(of: range, waits: true) }
    }

    private func makePartitions(of range: Int64, waits: Bool) throws {
        _ = try StoredRow.fetchOne(
            self, sql: "SELECT \(PostgreSQLText.schema).make_partitions(?, ?)::text", arguments: [range, waits ? 1 : 0])
    }
}
