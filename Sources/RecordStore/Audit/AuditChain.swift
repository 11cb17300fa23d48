import Basics
import OpenSSL

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
