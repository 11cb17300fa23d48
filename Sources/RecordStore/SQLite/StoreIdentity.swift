import Basics
import GRDB
import OpenSSL

/// The database's one row about itself: its id, its endpoint and the key that opens it.
struct StoreIdentity: Sendable {
    let storeID: [UInt8]
    let endpoint: String
    let sealingKeyID: String
    let wrappedFingerprintKey: [UInt8]

    /// Creates a new database's identity, with a fresh fingerprint key.
    static func make(endpoint: String, sealingKey: SealingKey) throws -> StoreIdentity {
        let fingerprintKey = try SecureRandom.bytes(HMACSHA256.byteCount)
        return StoreIdentity(
            storeID: try SecureRandom.bytes(16), endpoint: endpoint, sealingKeyID: sealingKey.keyID,
            wrappedFingerprintKey: try sealingKey.wrap(fingerprintKey, owner: 0, as: .fingerprintKey))
    }

    /// Reads it; nil in a database that was created but never got its row.
    static func fetch(_ database: Database) throws -> StoreIdentity? {
        let sql = "SELECT store_id, endpoint, sealing_key_id, fingerprint_key FROM store"
        return try Row.fetchOne(database, sql: sql).map { row in
            StoreIdentity(
                storeID: row.bytes(0), endpoint: row[1], sealingKeyID: row[2], wrappedFingerprintKey: row.bytes(3))
        }
    }

    /// Writes it, once in a database's life.
    func insert(_ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO store (only_row, store_id, endpoint, sealing_key_id, fingerprint_key, created_at)
                VALUES (1, ?, ?, ?, ?, ?)
                """,
            arguments: [storeID.blob, endpoint, sealingKeyID, wrappedFingerprintKey.blob, WallClock.now()])
        try database.execute(sql: "INSERT INTO ledger_position (only_row, last_attempt) VALUES (1, 0)")
    }

    /// The key that fingerprints requests.
    func fingerprints(with sealingKey: SealingKey) throws -> HMACSHA256 {
        try HMACSHA256(key: sealingKey.unwrap(wrappedFingerprintKey, owner: 0, as: .fingerprintKey))
    }

    /// Refuses another sealing key, or an endpoint other than the base URL given; nil: any.
    func check(sealingKey: SealingKey, endpoint given: String?) throws {
        guard sealingKey.keyID == sealingKeyID else {
            throw StoreError.wrongSealingKey(needed: sealingKeyID, given: sealingKey.keyID)
        }
        guard given == nil || given == endpoint else {
            throw StoreError.wrongEndpoint(bound: endpoint, given: given ?? "")
        }
    }
}
