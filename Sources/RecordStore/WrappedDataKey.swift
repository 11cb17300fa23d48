import GRDB
import OpenSSL

/// A batch's key as the database holds it.
struct WrappedDataKey: Sendable {
    let batch: BatchID
    let identifier: [UInt8]
    let sealingKeyID: String
    let wrapped: [UInt8]

    /// Makes a fresh key for a batch and wraps it.
    static func make(for batch: BatchID, with sealingKey: SealingKey) throws -> WrappedDataKey {
        let key = try SecureRandom.bytes(AES256GCM.keyByteCount)
        return WrappedDataKey(
            batch: batch, identifier: try SecureRandom.bytes(DataKey.identifierByteCount),
            sealingKeyID: sealingKey.keyID,
            wrapped: try sealingKey.wrap(key, owner: batch.rawValue, as: .dataKey))
    }

    /// Reads a batch's key; nil when there is none.
    static func fetch(_ database: Database, _ batch: BatchID) throws -> WrappedDataKey? {
        let sql = "SELECT data_key_id, sealing_key_id, wrapped_key FROM batch_keys WHERE batch_id = ?"
        return try Row.fetchOne(database, sql: sql, arguments: [batch.rawValue]).map { row in
            WrappedDataKey(batch: batch, identifier: row.bytes(0), sealingKeyID: row[1], wrapped: row.bytes(2))
        }
    }

    /// Opens the key.
    ///
    /// - Throws: ``StoreError`` with ``StoreError/Code/sealingKey`` when another sealing key wrapped it.
    func unwrap(with sealingKey: SealingKey) throws -> DataKey {
        guard sealingKeyID == sealingKey.keyID else {
            throw StoreError.wrongSealingKey(needed: sealingKeyID, given: sealingKey.keyID)
        }
        let key = try sealingKey.unwrap(wrapped, owner: batch.rawValue, as: .dataKey)
        return try DataKey(key: key, identifier: identifier)
    }

    /// Writes it.
    func insert(_ database: Database) throws {
        try database.execute(
            sql: "INSERT INTO batch_keys (batch_id, data_key_id, sealing_key_id, wrapped_key) VALUES (?, ?, ?, ?)",
            arguments: [batch.rawValue, identifier.blob, sealingKeyID, wrapped.blob])
    }
}
