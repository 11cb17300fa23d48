import Basics
import OpenSSL

/// The last entry of an audit at some time: whoever keeps it elsewhere finds a cut, which the chain alone does not show.
package struct AuditHead: Sendable, Equatable, Codable {
    /// How many entries there were.
    package let entries: Int64
    /// The last one's hash, lower-case hexadecimal; 64 zeros where there is none.
    package let hash: String

    package enum CodingKeys: CodingKey, CaseIterable { case entries, hash }

    /// Names a head.
    package init(entries: Int64, hash: String) {
        (self.entries, self.hash) = (entries, hash)
    }

    init(_ chain: AuditChain) {
        self.init(entries: chain.count, hash: Hexadecimal.encode(chain.hash))
    }
}

extension RecordStore {
    /// How many entries are read before they are passed on, so that no transaction is open while its body waits.
    private static let entriesAtATime = 500

    /// Passes the audit's entries to `body`, oldest first, in constant memory; nothing is locked while it runs, on a
    /// thread that may block.
    ///
    /// - Parameter body: Called for each entry.
    /// - Throws: ``StoreError`` when the database can't be read; whatever the body throws.
    package func forEachAuditEntry(_ body: (AuditEntry) throws -> Void) async throws {
        try await BlockingWork.run {
            var last: Int64 = 0
            while true {
                let entries = try readWaiting {
                    try AuditEntry.fetchAll($0, "id > ? ORDER BY id LIMIT \(Self.entriesAtATime)", [last])
                }
                for entry in entries { try body(entry) }
                guard let end = entries.last, entries.count == Self.entriesAtATime else { return }
                last = end.number
            }
        }
    }

    /// The audit's head as it is now.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func auditHead() async throws -> AuditHead {
        AuditHead(try await read(AuditChain.init(endOf:)))
    }
}

extension AuditChain {
    /// The chain up to the last entry of a database. Entries from before there was a chain are read only as long as no
    /// entry follows them.
    init(endOf database: StoreConnection) throws {
        let sql = "SELECT id, hash FROM audit WHERE id = (SELECT max(id) FROM audit)"
        guard let last = try StoredRow.fetchOne(database, sql: sql) else {
            self.init()
            return
        }
        if let hash = last.optionalBytes(1) {
            self.init(count: last[0], hash: hash)
            return
        }
        self.init()
        for entry in try AuditEntry.fetchAll(database, "1 = 1 ORDER BY id", []) { _ = try check(entry) }
    }
}

extension AuditEntry {
    /// Reads entries; the clause is what follows `WHERE`.
    static func fetchAll(
        _ database: StoreConnection, _ clause: String, _ arguments: SQLArguments
    ) throws -> [AuditEntry] {
        let sql = """
            SELECT id, at, batch_id, action, detail, "user", host, version, settings_hash, endpoint, key_id,
              certificate_fingerprint, hash
            FROM audit WHERE \(clause)
            """
        return try StoredRow.fetchAll(database, sql: sql, arguments: arguments).map(AuditEntry.init)
    }

    /// Enters what was done, in the caller's transaction.
    static func append(_ action: Action, to database: StoreConnection) throws {
        var chain = try AuditChain(endOf: database)
        let (entry, provenance) = (try chain.append(action), action.provenance)
        try database.execute(
            sql: """
                INSERT INTO audit (id, at, batch_id, action, detail, "user", host, version, settings_hash, endpoint, key_id,
                  certificate_fingerprint, hash)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                entry.number, action.at, action.batch?.rawValue, action.name.rawValue, action.detail, provenance.user,
                provenance.host, provenance.version, provenance.settingsHash, provenance.endpoint, provenance.keyID,
                provenance.certificateFingerprint, entry.hash,
            ])
    }

    private init(_ row: StoredRow) throws {
        self.init(
            number: row[0],
            action: Action(
                at: row[1], batch: (row[2] as Int64?).map(BatchID.init(rawValue:)),
                name: try Action.Name(column: row[3]), detail: row[4], provenance: Provenance(row, from: 5)),
            hash: row.optionalBytes(12))
    }
}
