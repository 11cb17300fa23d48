import Basics
import Foundation
import GRDB
import OpenSSL

/// The key that wraps all data keys of a database. It is kept in a file of its own, away from every database it opens.
package struct SealingKey: Sendable {
    private static let byteCount = AES256GCM.keyByteCount

    let bytes: [UInt8]
    /// The first 8 bytes of the key's SHA-256, hexadecimal: identifies the key without revealing it.
    package let keyID: String

    private init(bytes: [UInt8]) throws {
        self.bytes = bytes
        keyID = String(try SHA256.hex(bytes).prefix(16))
    }

    /// Reads a key file: 64 hexadecimal digits.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - name: What to call it in messages; its last path component when nil.
    /// - Returns: The key.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/sealingKey`` when the file is missing, readable by others than
    ///   its owner, or holds no key.
    package static func load(path: String, name: String? = nil) throws -> SealingKey {
        let name = name ?? URL(fileURLWithPath: path).lastPathComponent
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(.sealingKey, "The sealing key \(name) is missing; put it back or correct sealing_key")
        }
        let file = try StoreFile(path, O_RDONLY)
        guard try file.permissions() & 0o077 == 0 else {
            throw StoreError(.sealingKey, "The sealing key \(name) can be read by others; run chmod 600 on it")
        }
        let text = try file.read(upTo: 2 * byteCount + 2).filter { $0 != UInt8(ascii: "\n") }
        guard text.count == 2 * byteCount, let bytes = Hexadecimal.decode(text) else {
            throw StoreError(
                .sealingKey, "\(name) holds no sealing key; put the right file back or correct sealing_key")
        }
        return try SealingKey(bytes: bytes)
    }

    /// Generates a key and creates its file, mode 0600, which must not exist yet.
    ///
    /// - Parameter path: The file.
    /// - Returns: The key.
    /// - Throws: ``StoreError`` when the file exists or can't be written.
    package static func create(path: String) throws -> SealingKey {
        let bytes = try SecureRandom.bytes(byteCount)
        try PrivateFile.createFolder(of: path)
        let file = try PrivateFile.create(path)
        try file.write(Array("\(Hexadecimal.encode(bytes))\n".utf8))
        try file.synchronize()
        try PrivateFile.synchronizeFolder(of: path)
        return try SealingKey(bytes: bytes)
    }
}

extension SealingKey {
    /// ``keyID`` as its 8 bytes.
    var identifier: [UInt8] {
        Hexadecimal.decode(keyID.utf8) ?? []
    }

    /// Seals another key; `owner` is the batch it belongs to, 0 for a key of the whole database.
    func wrap(_ key: [UInt8], owner: Int64, as column: SealedColumn) throws -> [UInt8] {
        var seal = try Seal(key: bytes, id: identifier)
        return try seal.seal(key, record: owner, column: column)
    }

    /// Opens a key sealed with ``wrap(_:owner:as:)``.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/altered`` when it was altered or belongs somewhere else.
    func unwrap(_ wrapped: [UInt8], owner: Int64, as column: SealedColumn) throws -> [UInt8] {
        var seal = try Seal(key: bytes, id: identifier)
        return try seal.open(wrapped, record: owner, column: column)
    }
}

/// A batch's key as the database holds it.
struct WrappedDataKey: Sendable {
    let batch: BatchID
    let identifier: [UInt8]
    let sealingKeyID: String
    let wrapped: [UInt8]

    /// Generates a key for a batch and wraps it.
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
    /// - Throws: ``StoreError`` with ``StoreErrorCode/sealingKey`` when another sealing key wrapped it.
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
