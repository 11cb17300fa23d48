import GRDB

/// The statements that take records in.
struct IngestStatements {
    let insertRecord: PreparedStatement
    let insertInvalid: PreparedStatement
    let checkpoint: PreparedStatement

    init(_ database: Database) throws {
        insertRecord = try PreparedStatement(
            database, "INSERT INTO records (id, status, fingerprint, payload) VALUES (?1, ?2, ?3, ?4)")
        insertInvalid = try PreparedStatement(
            database, "INSERT INTO results (record_id, completed_at, detail) VALUES (?1, ?2, ?3)")
        checkpoint = try PreparedStatement(
            database,
            """
            UPDATE batches SET checkpoint_offset = ?2, checkpoint_line = ?3, doubted_lines = doubted_lines - ?4
            WHERE id = ?1
            """)
    }
}

extension WriterConnection {
    /// Inserts a chunk and moves the batch's checkpoint.
    func append(_ rows: SealedRows, to batch: BatchID, checkpoint: Checkpoint) throws {
        let row = try batchRow(batch)
        guard row.state == .ingesting else { throw StoreError.wrongState(batch, row.state, to: "take records in") }
        // What a restored database can't vouch for begins in doubt; see LedgerReconciliation.
        let doubted = min(row.doubtedLines, rows.rows.count - rows.invalid)
        try insert(rows, doubted: doubted)
        try move(checkpoint, of: batch, doubted: doubted)
        var counts = BatchCounts()
        counts.total = rows.rows.count
        counts.invalid = rows.invalid
        counts.inDoubt = doubted
        counts.queued = rows.rows.count - rows.invalid - doubted
        try add(counts, to: batch)
    }

    private func insert(_ rows: SealedRows, doubted: Int) throws {
        var inDoubtLeft = doubted
        let now = WallClock.now()
        try rows.arena.withUnsafeBytes { arena in
            for row in rows.rows {
                let inDoubt = inDoubtLeft > 0 && row.fingerprint != nil
                if inDoubt { inDoubtLeft -= 1 }
                try insert(row, arena, inDoubt ? .inDoubt : row.fingerprint == nil ? .invalid : .queued)
                if let detail = row.detail { try insertResult(row.id, arena[detail], now) }
            }
        }
    }

    private func insert(_ row: SealedRow, _ arena: UnsafeRawBufferPointer, _ status: RecordStatus) throws {
        let statement = ingest.insertRecord
        statement.bind(row.id, at: 1)
        statement.bind(status.code, at: 2)
        if let fingerprint = row.fingerprint {
            statement.bind(unowned: UnsafeRawBufferPointer(rebasing: arena[fingerprint]), at: 3)
        } else {
            statement.bind(nil as Int64?, at: 3)
        }
        statement.bind(unowned: UnsafeRawBufferPointer(rebasing: arena[row.payload]), at: 4)
        try statement.run()
    }

    private func insertResult(_ record: Int64, _ detail: Slice<UnsafeRawBufferPointer>, _ now: Int64) throws {
        let statement = ingest.insertInvalid
        statement.bind(record, at: 1)
        statement.bind(now, at: 2)
        statement.bind(unowned: UnsafeRawBufferPointer(rebasing: detail), at: 3)
        try statement.run()
    }

    private func move(_ checkpoint: Checkpoint, of batch: BatchID, doubted: Int) throws {
        let statement = ingest.checkpoint
        statement.bind(batch.rawValue, at: 1)
        statement.bind(checkpoint.byteOffset, at: 2)
        statement.bind(checkpoint.line, at: 3)
        statement.bind(Int64(doubted), at: 4)
        try statement.run()
    }
}
