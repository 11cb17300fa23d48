import Basics
import Foundation
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

/// One entry of the audit: who did what and when, and the hash by which it vouches for all entries before it.
package struct AuditEntry: Sendable, Equatable {
    /// Its place from 1, without gaps.
    package let number: Int64
    /// What was done, and by whom.
    package let action: Action
    /// SHA-256 of the previous entry's hash and this entry; nil in an entry from before there was a chain.
    package let hash: [UInt8]?
}

extension AuditEntry {
    /// What is hashed of an entry: its number, time, action, batch, detail, user, host, version, settings hash, endpoint,
    /// key id and certificate fingerprint, in this order, each as a netstring (`<bytes>:<text>,`); what is absent as
    /// `-,`. Numbers are decimal, the time is milliseconds since 1970 UTC.
    static func content(_ number: Int64, _ action: Action) -> [UInt8] {
        let provenance = action.provenance
        let fields: [String?] = [
            String(number), String(action.at.milliseconds), action.name.rawValue, action.batch?.description,
            action.detail,
            provenance.user, provenance.host, provenance.version, provenance.settingsHash, provenance.endpoint,
            provenance.keyID, provenance.certificateFingerprint,
        ]
        return Array(fields.map { $0.map { "\($0.utf8.count):\($0)," } ?? "-," }.joined().utf8)
    }
}

/// The chain of an audit's hashes, as it is extended or checked entry by entry. A pure value.
///
/// The first entry's hash covers 32 zero bytes and its content, every other one the hash before it and its content. So
/// whoever knows one hash knows whether anything up to that entry was changed, taken out or put in.
package struct AuditChain: Sendable, Equatable {
    /// How many entries it has.
    package private(set) var count: Int64 = 0
    /// The last entry's hash; 32 zero bytes where there is none.
    package private(set) var hash = [UInt8](repeating: 0, count: SHA256.byteCount)
    /// Whether an entry with a hash of its own has been seen.
    private var hasBegun = false

    /// What breaks a chain.
    package enum Fault: String, Sendable, Equatable, Codable {
        /// An entry is missing, or there is one too many.
        case number
        /// An entry without a hash stands behind one that has one.
        case unchained
        /// The entry, or one before it, is not what was entered.
        case content
    }

    /// An empty chain.
    package init() {}

    /// Continues a chain whose last entry is known.
    init(count: Int64, hash: [UInt8]) {
        (self.count, self.hash, hasBegun) = (count, hash, true)
    }

    /// Adds an entry that has no hash yet.
    ///
    /// - Parameter action: What was done.
    /// - Returns: The entry, chained.
    /// - Throws: An OpenSSL error.
    mutating func append(_ action: Action) throws -> AuditEntry {
        try advance(action)
        hasBegun = true
        return AuditEntry(number: count, action: action, hash: hash)
    }

    /// Adds an entry as it is stored.
    ///
    /// - Parameter entry: The next one.
    /// - Returns: What is wrong with it; nil where nothing is.
    /// - Throws: An OpenSSL error.
    package mutating func check(_ entry: AuditEntry) throws -> Fault? {
        guard entry.number == count + 1 else { return .number }
        try advance(entry.action)
        guard let stored = entry.hash else { return hasBegun ? .unchained : nil }
        hasBegun = true
        return stored == hash ? nil : .content
    }

    private mutating func advance(_ action: Action) throws {
        count += 1
        hash = try SHA256.digest(hash + AuditEntry.content(count, action))
    }
}

/// A signature with the installation's own key, `audit.key` in `keys_folder`, and what is needed to verify it.
package struct AuditSignature: Sendable, Equatable, Codable {
    /// `Ed25519` (RFC 8032), over the bytes as they stand.
    package let algorithm: String
    /// The public key as PEM, `BEGIN PUBLIC KEY`.
    package let publicKey: String
    /// 64 bytes in Base64 (RFC 4648 §4).
    package let value: String

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case algorithm, value
        case publicKey = "public_key"
    }
}

extension RecordStore {
    /// Signs what is to be believed by people who do not have this installation, such as a receipt.
    ///
    /// The key is made at its first use and lies in `audit.key` in `keys_folder`, sealed by the sealing key. If it is lost,
    /// what was signed before can still be verified with the public key beside its signature; a new one is made.
    ///
    /// - Parameter bytes: What is signed.
    /// - Returns: The signature, with the public key.
    /// - Throws: ``StoreError`` when the key cannot be made, or the sealing key is missing or another; an OpenSSL error.
    package func sign(_ bytes: [UInt8]) async throws -> AuditSignature {
        try await BlockingWork.run {
            let path = keys.folder.auditKey
            try keys.makeIfMissing(at: path, as: .auditKey)
            guard let seed = try keys.key(at: path, as: .auditKey, owner: 0) else {
                throw StoreError(.keysFolder, "audit.key was removed from keys_folder as soon as it was made")
            }
            let key = try SigningKey(seed: seed)
            return AuditSignature(
                algorithm: "Ed25519", publicKey: String(decoding: try key.publicKeyPEM(), as: UTF8.self),
                value: Data(try key.sign(bytes)).base64EncodedString())
        }
    }
}
