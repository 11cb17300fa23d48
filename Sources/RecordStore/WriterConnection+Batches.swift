import GRDB

extension WriterConnection {
    /// Makes a batch and its keys; its number is its own for ever. With a reason it is rejected, and begins nothing.
    func insert(_ new: NewBatch, _ sealingKey: SealingKey, rejectedBecause reason: String? = nil) throws -> BatchID {
        if reason == nil, !new.again { try refuseKnown(new) }
        let batch = BatchID(rawValue: try lastBatch() + 1)
        try insertRow(new, batch, rejectedBecause: reason)
        let key = try WrappedDataKey.make(for: batch, with: sealingKey)
        try key.insert(database)
        let layout = try key.unwrap(with: sealingKey).seal(new.layout, record: 0, column: .layout)
        try database.execute(
            sql: "INSERT INTO layouts (batch_id, layout) VALUES (?, ?)", arguments: [batch.rawValue, layout.blob])
        if let unknown = try unknownCalls(new), reason == nil { try doubt(batch, new, unknown) }
        return batch
    }

    /// Two commands may have looked for the file before either made its batch.
    private func refuseKnown(_ new: NewBatch) throws {
        let known = try Row.fetchOne(
            database, sql: "SELECT name, state FROM batches \(Batch.ofContent) LIMIT 1",
            arguments: [new.contentDigest.blob, new.job])
        if let known { throw StoreError.takenIn(as: known[0], known[1]) }
    }

    /// What a restored database can't vouch for: as many lines as calls were lost begin in doubt.
    private func doubt(_ batch: BatchID, _ new: NewBatch, _ unknown: (batch: Int64, calls: Int64)) throws {
        try database.execute(
            sql: "UPDATE batches SET doubted_lines = ? WHERE id = ?", arguments: [unknown.calls, batch.rawValue])
        let detail = """
            its file was taken in before, as batch \(unknown.batch), which this restored database does not know: \
            its first lines, up to \(unknown.calls), begin in doubt
            """
        try insert(
            Action(
                at: WallClock.now(), batch: batch, name: "doubt_unknown", detail: detail, provenance: new.provenance))
    }

    private func insertRow(_ new: NewBatch, _ batch: BatchID, rejectedBecause reason: String?) throws {
        let (provenance, now) = (new.provenance, new.createdAt ?? WallClock.now())
        do {
            try database.execute(
                sql: """
                    INSERT INTO batches (id, name, job, file_name, content_digest, format, user, host, version,
                      settings_hash, endpoint, key_id, certificate_fingerprint, created_at, cursor, state, reason,
                      finished_at, reuses, keeps_answers)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \(Self.answersAreWanted))
                    """,
                arguments: [
                    batch.rawValue, new.name(for: batch.rawValue), new.job, new.fileName, new.contentDigest.blob,
                    new.format, provenance.user, provenance.host, provenance.version, provenance.settingsHash,
                    provenance.endpoint, provenance.keyID, provenance.certificateFingerprint, now,
                    batch.records.lowerBound - 1,
                    (reason == nil ? BatchState.ingesting : .rejected).rawValue, reason, reason == nil ? nil : now,
                    new.reuses,
                ])
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE {
            throw StoreError(.notAllowed, "This file is already being read in under this job; let that batch go on")
        }
    }

    /// Moves a batch to another state, if it can go there.
    func setState(_ batch: BatchID, to state: BatchState, reason: String?, finishingIngest: Bool) throws {
        let row = try batchRow(batch)
        try check(row, batch, to: state, finishingIngest: finishingIngest)
        if state == .cancelled || state == .rejected { try cancelQueued(batch, row) }
        let now = WallClock.now()
        try database.execute(
            sql: """
                UPDATE batches SET state = ?2, reason = ?3, finished_at = ?4, resume_at = NULL,
                  ingested = ingested OR ?5, ingested_at = coalesce(ingested_at, ?6)
                WHERE id = ?1
                """,
            arguments: [
                batch.rawValue, state.rawValue, reason, state.isFinished ? now : nil, finishingIngest,
                finishingIngest ? now : nil,
            ])
    }

    private func check(_ row: BatchRow, _ batch: BatchID, to state: BatchState, finishingIngest: Bool) throws {
        guard row.state.successors.contains(state), !finishingIngest || row.state == .ingesting else {
            throw StoreError.wrongState(batch, row.state, to: state.infinitive)
        }
        // Only a batch whose whole file has been read may go on, and only one that hasn't may be read on.
        let needsWholeFile = state != .ingesting && state != .paused && state != .cancelled && state != .rejected
        guard needsWholeFile ? row.isIngested || finishingIngest : state != .ingesting || !row.isIngested else {
            throw StoreError(.notAllowed, "Batch \(batch) cannot \(state.infinitive): its file was read in part")
        }
        guard state != .completed || row.queued + row.inFlight == 0 else {
            throw StoreError(.notAllowed, "Batch \(batch) still has records to send and cannot be completed")
        }
    }

    private func cancelQueued(_ batch: BatchID, _ row: BatchRow) throws {
        try database.execute(sql: "DELETE FROM ready WHERE batch_id = ?", arguments: [batch.rawValue])
        let records = batch.records
        try database.execute(
            sql: "UPDATE records SET status = 7 WHERE id BETWEEN ? AND ? AND status = 0",
            arguments: [records.lowerBound, records.upperBound])
        var counts = BatchCounts()
        counts.move(database.changesCount, from: .queued, to: .cancelled)
        counts.following = -row.following
        try add(counts, to: batch)
    }
}
