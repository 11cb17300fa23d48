import GRDB

/// Something an operator, or Rollcall on an operator's behalf, did.
package struct Action: Sendable, Equatable {
    /// When, in milliseconds since 1970 UTC.
    package var at: Int64
    /// The batch it concerns.
    package var batch: BatchID?
    /// One word: `rerun`, `start`, `resolve`, …
    package var name: String
    /// Details; no values of records.
    package var detail: String?
    /// Who did it, with which program and settings.
    package var provenance: Provenance

    /// Describes an action.
    package init(at: Int64, batch: BatchID?, name: String, detail: String? = nil, provenance: Provenance) {
        self.at = at
        self.batch = batch
        self.name = name
        self.detail = detail
        self.provenance = provenance
    }
}

extension RecordStore {
    /// Records what an operator did, with provenance.
    ///
    /// - Parameter action: What was done; its texts hold no values of records.
    /// - Throws: ``StoreError`` when it can't be written.
    package func recordAction(_ action: Action) async throws {
        try await write { try $0.insert(action) }
    }

    /// What operators did, oldest first.
    ///
    /// - Parameter batch: Only what concerns this batch; nil: everything.
    /// - Returns: The actions.
    /// - Throws: ``StoreError`` when the database can't be read.
    package func actions(of batch: BatchID? = nil) async throws -> [Action] {
        try await read { database in
            guard let batch else { return try Action.fetchAll(database, "1", []).map(\.action) }
            return try Action.fetchAll(database, "batch_id = ?", [batch.rawValue]).map(\.action)
        }
    }

    /// The actions since a given one, oldest first, each with its number.
    ///
    /// - Parameter number: The number of the last known action.
    /// - Returns: The actions with their numbers.
    /// - Throws: ``StoreError`` when the database can't be read.
    package func actions(after number: Int64) async throws -> [(number: Int64, action: Action)] {
        try await read { try Action.fetchAll($0, "id > ?1", [number]) }
    }

    /// The number of the last action; 0 before the first.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func lastActionNumber() async throws -> Int64 {
        try await read { try Int64.fetchOne($0, sql: "SELECT max(id) FROM actions") ?? 0 }
    }
}

extension Action {
    fileprivate static func fetchAll(
        _ database: Database, _ filter: String, _ arguments: StatementArguments
    ) throws -> [(number: Int64, action: Action)] {
        let sql = """
            SELECT id, at, batch_id, action, detail, user, host, version, settings_hash, endpoint, key_id,
              certificate_fingerprint
            FROM actions WHERE \(filter) ORDER BY id
            """
        return try Row.fetchAll(database, sql: sql, arguments: arguments).map { ($0[0], Action($0)) }
    }

    private init(_ row: Row) {
        self.init(
            at: row[1], batch: (row[2] as Int64?).map(BatchID.init(rawValue:)), name: row[3], detail: row[4],
            provenance: Provenance(row, from: 5))
    }
}

extension WriterConnection {
    /// Records what an operator did.
    func insert(_ action: Action) throws {
        let provenance = action.provenance
        try database.execute(
            sql: """
                INSERT INTO actions (at, batch_id, action, detail, user, host, version, settings_hash, endpoint, key_id,
                  certificate_fingerprint)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                action.at, action.batch?.rawValue, action.name, action.detail, provenance.user, provenance.host,
                provenance.version, provenance.settingsHash, provenance.endpoint, provenance.keyID,
                provenance.certificateFingerprint,
            ])
    }
}
