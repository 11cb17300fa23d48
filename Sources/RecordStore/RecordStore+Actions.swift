import GRDB

extension RecordStore {
    /// Keeps what an operator did, with provenance.
    ///
    /// - Parameter action: What was done; its texts hold no values of records.
    /// - Throws: ``StoreError`` when it can't be written.
    public func recordAction(_ action: Action) async throws {
        try await write { try $0.insert(action) }
    }

    /// What operators did, oldest first.
    ///
    /// - Parameter batch: Only what concerns this batch; nil: everything.
    /// - Returns: The actions.
    /// - Throws: ``StoreError`` when the database can't be read.
    public func actions(of batch: BatchID? = nil) throws -> [Action] {
        let sql = """
            SELECT at, batch_id, action, detail, user, host, version, settings_hash, endpoint, key_id,
              certificate_fingerprint
            FROM actions WHERE ?1 IS NULL OR batch_id = ?1 ORDER BY id
            """
        return try read { try Row.fetchAll($0, sql: sql, arguments: [batch?.rawValue]).map(Action.init) }
    }
}

extension Action {
    fileprivate init(_ row: Row) {
        self.init(
            at: row[0], batch: (row[1] as Int64?).map(BatchID.init(rawValue:)), name: row[2], detail: row[3],
            provenance: Provenance(row, from: 4))
    }
}
