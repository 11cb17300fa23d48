import Basics
import Foundation
import OpenSSL

/// The key of the transform `hmac-sha256`, by which a person has the same account id in every batch and nobody without
/// the key finds the number behind one by trying all (PCI DSS 4.0.1, 3.5.1.1 wants keyed hashes).
///
/// It lies in `account-hash.key` in `keys_folder`, sealed by the sealing key, and lasts: under another key the same
/// person would be another one to the API, and would be billed as such.
package struct AccountHashKey: Sendable {
    /// The file's name in `keys_folder`.
    package static let fileName = "account-hash.key"

    /// The first 8 bytes of the key's SHA-256, hexadecimal: identifies the key without revealing it.
    package let keyID: String
    private let codes: HMACSHA256

    private init(bytes: [UInt8]) throws {
        keyID = String(try SHA256.hex(bytes).prefix(16))
        codes = try HMACSHA256(key: bytes)
    }

    /// A key that is kept nowhere, to count with what repeats in a file before there is a lasting one.
    ///
    /// - Throws: An OpenSSL error.
    package static func ephemeral() throws -> AccountHashKey {
        try AccountHashKey(bytes: SecureRandom.bytes(HMACSHA256.byteCount))
    }

    /// Writes a text's HMAC-SHA-256 into a buffer of at least 32 bytes, which must not overlap the text.
    ///
    /// - Throws: An OpenSSL error.
    package func code(for text: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) throws {
        try codes.code(for: text, into: out)
    }
}

extension AccountHashKey {
    /// The key in its file; nil where there is no file.
    ///
    /// - Throws: ``StoreError`` when others may read the file, it holds no such key, or no sealing key at hand opens it.
    static func load(with keys: StoreKeys) throws -> AccountHashKey? {
        try keys.key(at: keys.folder.accountHashKey, as: .accountHashKey, owner: 0).map(AccountHashKey.init(bytes:))
    }
}

/// What is to be done about the key, by what the database and the file say. A pure rule.
enum AccountHashKeyStanding: Equatable {
    /// There is none yet.
    case none
    /// The file's key is the first that this database uses: it is recorded.
    case new
    /// The file's key is the one that batches used.
    case known
    /// Batches used a key that is not in its place.
    case missing(String)
    /// Batches used a key, and the file holds another.
    case exchanged(String)

    init(recorded: String?, inFile: String?) {
        switch (recorded, inFile) {
        case (nil, nil): self = .none
        case (nil, _): self = .new
        case (let recorded?, nil): self = .missing(recorded)
        case (let recorded?, let file): self = recorded == file ? .known : .exchanged(recorded)
        }
    }

    /// Why the key cannot be used; nil: it can, or can be made.
    var refusal: StoreError? {
        switch self {
        case .none, .new, .known: nil
        case .missing(let id):
            StoreError(
                .keysFolder,
                "\(AccountHashKey.fileName) is missing in keys_folder, and batches were hashed with it (key \(id)); put it "
                    + "back: with another key every person would be a new one, and be billed again")
        case .exchanged(let id):
            StoreError(
                .keysFolder,
                "\(AccountHashKey.fileName) in keys_folder holds another key than the one that batches were hashed with "
                    + "(key \(id)); put that one back")
        }
    }
}

extension RecordStore {
    /// The key of the transform `hmac-sha256`, made at its first use: file first, then recorded in the database, so that
    /// a lost file is never replaced silently. It may block.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/keysFolder`` when batches used a key that is missing now.
    package func accountHashKey() async throws -> AccountHashKey {
        try await BlockingWork.run {
            if let key = try existingAccountHashKey() { return try record(key) }
            try keys.makeIfMissing(at: keys.folder.accountHashKey, as: .accountHashKey)
            guard let key = try existingAccountHashKey() else {
                throw StoreError(.keysFolder, "\(AccountHashKey.fileName) was removed as soon as it was made")
            }
            return try record(key)
        }
    }

    /// The key as it is now; nil where none was made yet. It may block.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/keysFolder`` when batches used a key that is missing now.
    package func existingAccountHashKey() throws -> AccountHashKey? {
        let recorded = try readWaiting(Self.recordedAccountHashKey)
        let key = try AccountHashKey.load(with: keys)
        if let refusal = AccountHashKeyStanding(recorded: recorded, inFile: key?.keyID).refusal { throw refusal }
        return key
    }

    private func record(_ key: AccountHashKey) throws -> AccountHashKey {
        if try readWaiting(Self.recordedAccountHashKey) == key.keyID { return key }
        try writeWaiting { connection in
            try connection.database.execute(
                sql: "INSERT INTO account_hash_key (id, key_id, created_at) VALUES (1, ?, ?) ON CONFLICT DO NOTHING",
                arguments: [key.keyID, WallTime.now()])
            let recorded = try Self.recordedAccountHashKey(connection.database)
            if let refusal = AccountHashKeyStanding(recorded: recorded, inFile: key.keyID).refusal { throw refusal }
        }
        return key
    }

    private static func recordedAccountHashKey(_ database: StoreConnection) throws -> String? {
        try String.fetchOne(database, sql: "SELECT key_id FROM account_hash_key")
    }
}
