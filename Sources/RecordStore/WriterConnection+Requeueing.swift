import GRDB

extension WriterConnection {
    /// Queues the next records of a selection again. One that follows a record that is queued, too, goes on following
    /// it; the first of those whose leader stays as it is becomes the leader of the others.
    ///
    /// - Returns: Their ids, in input order, and who leads instead of whom.
    func requeue(
        _ batch: BatchID, _ selection: RequeueSelection, after: Int64, upTo count: Int, leaders: [Int64: Int64]
    ) throws -> (ids: [Int64], leaders: [Int64: Int64]) {
        let row = try batchRow(batch)
        // The policy acts for a run, and a person who has stopped the batch meanwhile was quicker.
        guard !selection.byPolicy || row.state == .running || row.state == .completed else { return ([], leaders) }
        guard row.isIngested, row.state != .cancelled, row.state != .rejected else {
            throw StoreError.wrongState(batch, row.state, to: "be run again")
        }
        let selected = try select(batch, selection, after: after, upTo: count)
        guard !selected.isEmpty else { return ([], leaders) }
        var (counts, leaders) = (BatchCounts(), leaders)
        for record in selected {
            let leader = try leader(of: record, &leaders)
            try queueAgain(record.id, batch, after: leader, keepingSpent: selection.byPolicy)
            counts.move(from: record.status, to: .queued)
            if leader != nil { counts.following += 1 }
            if selection.byPolicy, record.status == .inDoubt { counts.inDoubtRetried += 1 }
        }
        if row.state == .completed { try beginAgain(batch) }
        try add(counts, to: batch)
        return (selected.map(\.id), leaders)
    }

    /// What stands still by a person's word or a cap goes on by a person's word only: nothing else that waits is sent.
    private func beginAgain(_ batch: BatchID) throws {
        try database.execute(
            sql: """
                UPDATE batches SET state = 'running', reason = NULL, finished_at = NULL,
                  keeps_answers = max(keeps_answers, \(Self.answersAreWanted))
                WHERE id = ?
                """,
            arguments: [batch.rawValue])
    }

    /// Whom a record follows when it is queued again; nil where it is called itself.
    private func leader(of record: SelectedRecord, _ leaders: inout [Int64: Int64]) throws -> Int64? {
        guard let leader = record.follows else { return nil }
        let isCalled = "SELECT status IN (0, 1) FROM records WHERE id = ?"
        if try Bool.fetchOne(database, sql: isCalled, arguments: [leader]) == true { return leader }
        if let another = leaders[leader] { return another }
        leaders[leader] = record.id
        return nil
    }

    private func select(
        _ batch: BatchID, _ selection: RequeueSelection, after: Int64, upTo count: Int
    ) throws -> [SelectedRecord] {
        var (rows, arguments) = selection.rows(of: batch, after: after)
        arguments += ["count": count]
        let found = try Row.fetchAll(
            database, sql: "SELECT id, status, follows FROM \(rows) ORDER BY id LIMIT :count", arguments: arguments)
        return try found.map { SelectedRecord(id: $0[0], status: try RecordStatus(code: $0[1]), follows: $0[2]) }
    }

    private func queueAgain(_ record: Int64, _ batch: BatchID, after leader: Int64?, keepingSpent: Bool) throws {
        try database.execute(
            sql: "UPDATE records SET status = 0, held = 0, follows = ?, spent = spent * ? WHERE id = ?",
            arguments: [leader, keepingSpent, record])
        if leader == nil { try finishes.queue.run(batch.rawValue, 0, record) }
    }
}

/// A record that is to be queued again.
private struct SelectedRecord {
    let id: Int64
    let status: RecordStatus
    let follows: Int64?
}

extension BatchID {
    /// The ids of the records that start at some lines.
    func range(of lines: ClosedRange<Int>) -> ClosedRange<Int64> {
        let first = max(1, min(Int64(lines.lowerBound), RecordID.greatestLine))
        let last = max(first, min(Int64(lines.upperBound), RecordID.greatestLine))
        return (rawValue << RecordID.lineBits | first)...(rawValue << RecordID.lineBits | last)
    }
}
