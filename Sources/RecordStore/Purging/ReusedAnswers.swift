package import Basics

extension RecordStore {
    /// Records looked through in one read, so that no read keeps the write-ahead log from being emptied for long.
    private static let recordsLookedAt: Int64 = 50_000

    /// Erases the answers that a batch reused and whose calls were answered before a time, with their error details.
    /// Their records, correlation ids and times stay, and so does what the batch's own calls brought.
    ///
    /// In small steps; interrupted, the next call does the rest.
    ///
    /// - Parameters:
    ///   - batch: The batch, which has ended.
    ///   - instant: The time.
    /// - Returns: How many were erased.
    /// - Throws: ``StoreError`` when state can't be read or written.
    package func eraseReusedAnswers(of batch: BatchID, answeredBefore instant: WallTime) async throws -> Int {
        var erased = 0
        for set in ["", "archived_"] {
            let answers = ReusedAnswers(set: set, answeredBefore: instant)
            let lastID = "SELECT max(id) FROM \(set)records WHERE id BETWEEN ? AND ?"
            let range: SQLArguments = [batch.records.lowerBound, batch.records.upperBound]
            guard let last = try await read({ try Int64.fetchOne($0, sql: lastID, arguments: range) }) else { continue }
            var start = batch.records.lowerBound
            while start <= last {
                let end = min(last, start + Self.recordsLookedAt - 1)
                guard let first = try await read({ [start] in try answers.fetch($0, start...end, limit: 1).first })
                else {
                    start = end + 1
                    continue
                }
                let step = first...min(last, first + Int64(Self.recordsPurgedAtATime) - 1)
                erased += try await write { try $0.erase(answers, in: step) }
                start = step.upperBound + 1
            }
        }
        return erased
    }
}

/// The reused answers of one set of tables that are old enough.
private struct ReusedAnswers: Sendable {
    /// What the tables' names begin with.
    let set: String
    let answeredBefore: WallTime

    /// The first records that have one, in a range.
    func fetch(_ database: StoreConnection, _ range: ClosedRange<Int64>, limit: Int) throws -> [Int64] {
        let sql = """
            SELECT id FROM \(set)records JOIN \(set)results ON record_id = id
            WHERE id BETWEEN ? AND ? AND status = 6 AND completed_at < ? AND (answer IS NOT NULL OR detail IS NOT NULL)
            ORDER BY id LIMIT ?
            """
        return try Int64.fetchAll(
            database, sql: sql, arguments: [range.lowerBound, range.upperBound, answeredBefore, limit])
    }
}

extension WriterConnection {
    /// Looked for again, because the batch may have been queued again, or archived, meanwhile.
    fileprivate func erase(_ answers: ReusedAnswers, in range: ClosedRange<Int64>) throws -> Int {
        let records = Set(try answers.fetch(database, range, limit: RecordStore.recordsPurgedAtATime))
        guard !records.isEmpty else { return 0 }
        try rewrite(range, of: "\(answers.set)results", by: "record_id") { row in
            row["record_id"].map(records.contains) ?? false ? ["detail": .null, "answer": .null] : [:]
        }
        return records.count
    }
}
