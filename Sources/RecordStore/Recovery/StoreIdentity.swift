import Basics
import OpenSSL

/// The database's one row about itself: its id and its endpoint.
struct StoreIdentity: Sendable {
    /// What a database from before there were period keys holds itself.
    struct KeysInside: Sendable {
        /// The key that everything in it is sealed by, and so that it alone can be opened with.
        let sealingKeyID: String
        let wrappedFingerprintKey: [UInt8]
    }

    let storeID: [UInt8]
    let endpoint: String
    /// Nil where its keys lie in `keys_folder`.
    var keysInside: KeysInside?

    /// Reads it from a database of any version; nil in one that was created but never got its row.
    static func fetch(_ database: StoreConnection) throws -> StoreIdentity? {
        let columns = try database.columns(of: "store")
        guard columns.contains("fingerprint_key") else { return try fetchOnly(database) }
        let sql = "SELECT store_id, endpoint, sealing_key_id, fingerprint_key FROM store"
        return try StoredRow.fetchOne(database, sql: sql).map { row in
            StoreIdentity(
                storeID: row.bytes(0), endpoint: row[1],
                keysInside: KeysInside(sealingKeyID: row[2], wrappedFingerprintKey: row.bytes(3)))
        }
    }

    /// Reads it from a database of this version; nil in one that was created but never got its row.
    static func fetchOnly(_ database: StoreConnection) throws -> StoreIdentity? {
        try StoredRow.fetchOne(database, sql: "SELECT store_id, endpoint FROM store").map { row in
            StoreIdentity(storeID: row.bytes(0), endpoint: row[1])
        }
    }

    /// Writes it, once in a database's life.
    func insert(_ database: StoreConnection) throws {
        try database.execute(
            sql: "INSERT INTO store (only_row, store_id, endpoint, created_at) VALUES (1, ?, ?, ?)",
            arguments: [storeID, endpoint, WallTime.now()])
        try database.execute(sql: "INSERT INTO ledger_position (only_row, last_attempt) VALUES (1, 0)")
    }

    /// The id of the sealing key that the database needs; nil when nothing tells.
    func sealingKeyID(_ folder: KeysFolder) throws -> [UInt8]? {
        if let keysInside { return Hexadecimal.decode(keysInside.sealingKeyID.utf8) }
        return try SealedKeyFile.read(folder.fingerprintKey)?.sealingKeyID
    }

    /// Refuses sealing keys that do not open it, and a folder without its fingerprint key.
    func check(_ ring: SealingKeyRing, _ folder: KeysFolder) throws {
        guard let needed = try sealingKeyID(folder) else { throw StoreError.fingerprintKeyMissing(folder.path) }
        _ = try ring.require(needed)
    }

    /// Refuses an endpoint other than the base URL given; nil: any.
    func check(endpoint given: String?) throws {
        guard given == nil || given == endpoint else {
            throw StoreError.wrongEndpoint(bound: endpoint, given: given ?? "")
        }
    }
}

extension StoreDescription {
    /// The id for a new database, with its fingerprint key in place. A start that was interrupted left both.
    func newStoreID(_ ring: SealingKeyRing) throws -> [UInt8] {
        try keys.locked {
            if let found = try SealedKeyFile.read(keys.fingerprintKey) {
                _ = try found.key(as: .fingerprintKey, owner: 0, with: ring.require(found.sealingKeyID))
                return found.storeID
            }
            let storeID = try SecureRandom.bytes(16)
            try SealedKeyFile(
                SecureRandom.bytes(HMACSHA256.byteCount), as: .fingerprintKey, owner: 0, storeID: storeID,
                by: ring.current
            ).write(keys.fingerprintKey)
            return storeID
        }
    }
}
