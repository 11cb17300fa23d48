import Basics
import GRDB
import Migrations
import OpenSSL

/// Brings the keys of a database from before there were period keys to `keys_folder`: the fingerprint key, and for each
/// month in which batches were made a key that wraps their data keys from then on.
///
/// It runs in the transaction of the step that removes them from the database, which was copied before. Each file is on
/// the disk before a row refers to it; when the process ends in between, the next start finds and uses the files.
struct KeysMigration: Sendable {
    let source: SealingKeySource
    let folder: KeysFolder
    let ring: SealingKeyRing
    /// Called before each step; what it throws ends the migration there.
    var beforeStep: @Sendable () throws -> Void = {}

    /// What ``Migrations/apply(to:preparing:)`` does before its steps.
    var preparations: [Int: @Sendable (Database) throws -> Void] {
        [Migrations.keysFolder: { try move(StoreConnection($0)) }]
    }

    private func move(_ database: StoreConnection) throws {
        // A database that was created but never got its row has no keys.
        guard let identity = try StoreIdentity.fetch(database), let old = identity.keysInside else { return }
        guard old.sealingKeyID == ring.current.keyID else {
            throw StoreError.wrongSealingKey(needed: old.sealingKeyID, given: ring.current.keyID)
        }
        try beforeStep()
        try moveFingerprintKey(old, identity.storeID)
        let keys = StoreKeys(source: source, folder: folder, storeID: identity.storeID, ring: ring)
        var periods: [CalendarMonth: PeriodKey] = [:]
        for batch in try OldDataKey.fetchAll(database) {
            let period = try periods[batch.month] ?? newKey(for: batch.month, keys, database)
            periods[batch.month] = period
            let key = try ring.current.unwrap(batch.wrapped, owner: batch.id.rawValue, as: .dataKey)
            try database.execute(
                sql: "UPDATE batch_keys SET period_key_id = ?, wrapped_key = ? WHERE batch_id = ?",
                arguments: [period.name.id.bytes, try period.wrap(key, of: batch.id), batch.id.rawValue])
        }
        try beforeStep()
    }

    private func newKey(for month: CalendarMonth, _ keys: StoreKeys, _ database: StoreConnection) throws -> PeriodKey {
        try beforeStep()
        let period = try keys.newPeriodKey(for: month)
        try period.name.insert(database, at: WallTime.now())
        return period
    }

    private func moveFingerprintKey(_ old: StoreIdentity.KeysInside, _ storeID: [UInt8]) throws {
        let known = try SealedKeyFile.read(folder.fingerprintKey)
        // That of this database is there when an earlier start was interrupted, or an older copy was restored.
        if known?.storeID == storeID { return }
        let key = try ring.current.unwrap(old.wrappedFingerprintKey, owner: 0, as: .fingerprintKey)
        try folder.locked {
            try SealedKeyFile(key, as: .fingerprintKey, owner: 0, storeID: storeID, by: ring.current)
                .write(folder.fingerprintKey)
        }
    }
}

/// A batch's key as databases held it before: wrapped by the sealing key.
private struct OldDataKey {
    let id: BatchID
    let month: CalendarMonth
    let wrapped: [UInt8]

    static func fetchAll(_ database: StoreConnection) throws -> [OldDataKey] {
        let sql = """
            SELECT batch_id, created_at, wrapped_key FROM batch_keys JOIN batches ON batches.id = batch_id
            WHERE period_key_id IS NULL ORDER BY batch_id
            """
        return try StoredRow.fetchAll(database, sql: sql).map { row in
            OldDataKey(
                id: BatchID(rawValue: row[0]), month: CalendarMonth(at: row[1]), wrapped: row.bytes(2))
        }
    }
}
