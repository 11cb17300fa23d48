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
}
