import GRDB

extension WriterConnection {
    /// Queues the next records of a selection again.
    ///
    /// - Returns: Their ids, in input order.
    func requeue(_ batch: BatchID, _ selection: RequeueSelection, after: Int64, upTo count: Int) throws -> [Int64] {
        let row = try batchRow(batch)
        guard row.isIngested, [.running, .completed, .halted, .paused].contains(row.state) else {
            throw StoreError.wrongState(batch, row.state, to: "be run again")
        }
        let selected = try select(batch, selection, after: after, upTo: count)
        guard !selected.isEmpty else { return [] }
        var counts = BatchCounts()
        for (id, status) in selected {
            try queueAgain(id, batch, keepingSpent: selection.byPolicy)
            counts.move(from: status, to: .queued)
            if selection.byPolicy, status == .inDoubt { counts.inDoubtRetried += 1 }
        }
        try database.execute(
            sql: "UPDATE batches SET state = 'running', reason = NULL, finished_at = NULL WHERE id = ?",
            arguments: [batch.rawValue])
        try add(counts, to: batch)
        return selected.map(\.id)
    }

    private func select(
        _ batch: BatchID, _ selection: RequeueSelection, after: Int64, upTo count: Int
    ) throws -> [(id: Int64, status: RecordStatus)] {
        let lines = selection.lines.map { batch.range(of: $0) } ?? batch.records
        let codes = selection.statuses.map { String($0.code) }.joined(separator: ", ")
        // The policy never touches an answer that came and could not be read: it was billed (DESIGN's answer table).
        let sql = """
            SELECT id, status FROM records LEFT JOIN results ON record_id = id
            WHERE id BETWEEN ?1 AND ?2 AND status IN (\(codes)) AND (?3 IS NULL OR reason_code = ?3)
              AND (?4 = 0 OR (held = 0 AND ifnull(http_status, 0) NOT BETWEEN 200 AND 299))
              AND (?6 IS NULL OR spent < ?6)
            ORDER BY id LIMIT ?5
            """
        let rows = try Row.fetchAll(
            database, sql: sql,
            arguments: [
                max(after + 1, lines.lowerBound), lines.upperBound, selection.reasonCode, selection.byPolicy, count,
                selection.maximumSpent,
            ])
        return try rows.map { ($0[0], try RecordStatus(code: $0[1])) }
    }

    private func queueAgain(_ record: Int64, _ batch: BatchID, keepingSpent: Bool) throws {
        try database.execute(
            sql: "UPDATE records SET status = 0, held = 0, spent = spent * ? WHERE id = ?",
            arguments: [keepingSpent, record])
        try finishes.queue.run(batch.rawValue, 0, record)
    }
}

extension BatchID {
    /// The ids of the records that start at some lines.
    func range(of lines: ClosedRange<Int>) -> ClosedRange<Int64> {
        let first = max(1, min(Int64(lines.lowerBound), RecordID.greatestLine))
        let last = max(first, min(Int64(lines.upperBound), RecordID.greatestLine))
        return (rawValue << RecordID.lineBits | first)...(rawValue << RecordID.lineBits | last)
    }
}
