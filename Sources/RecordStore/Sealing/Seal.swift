import Basics
import OpenSSL

/// Seals and opens values under one key: nonce (12) ‖ ciphertext ‖ tag (16).
///
/// The associated data is key id (8) ‖ record id (8, big endian) ‖ column (8, big endian): a value moved to another
/// record, column or batch does not open. Nonces are random; a batch key seals some ten million values at most, which
/// keeps two equal ones below 2⁻⁴⁹ (NIST SP 800-38D §8.3 asks for 2⁻³²).
struct Seal: ~Copyable, Sendable {
    /// How much longer a sealed value is than the value.
    static let overhead = AES256GCM.nonceByteCount + AES256GCM.tagByteCount
    /// Nonces drawn at once, so that one call of the random number generator serves many rows.
    private static let noncesAtATime = 256

    private var cipher: AES256GCM
    private var associated: [UInt8]
    private var nonces: [UInt8]
    private var nextNonce: Int

    /// Prepares a 32-byte key identified by 8 bytes.
    init(key: [UInt8], id: [UInt8]) throws {
        cipher = try AES256GCM(key: key)
        associated = id + [UInt8](repeating: 0, count: 16)
        nonces = [UInt8](repeating: 0, count: Self.noncesAtATime * AES256GCM.nonceByteCount)
        nextNonce = nonces.count
    }

    /// Seals a value into a buffer exactly ``overhead`` bytes longer.
    mutating func seal(
        _ value: UnsafeRawBufferPointer, record: Int64, column: SealedColumn, into out: UnsafeMutableRawBufferPointer
    ) throws {
        if nextNonce == nonces.count { try drawNonces() }
        let nonce = nextNonce..<(nextNonce + AES256GCM.nonceByteCount)
        nextNonce = nonce.upperBound
        name(record, column)
        let text = UnsafeMutableRawBufferPointer(rebasing: out[AES256GCM.nonceByteCount...])
        try nonces.withUnsafeBytes { nonces in
            let nonce = UnsafeRawBufferPointer(rebasing: nonces[nonce])
            out.copyMemory(from: nonce)
            try associated.withUnsafeBytes { try cipher.seal(value, nonce: nonce, additionalData: $0, into: text) }
        }
    }

    /// Seals an array.
    mutating func seal(_ value: [UInt8], record: Int64, column: SealedColumn) throws -> [UInt8] {
        let count = value.count + Self.overhead
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let out = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
            try value.withUnsafeBytes { try seal($0, record: record, column: column, into: out) }
            filled = count
        }
    }

    /// Opens a sealed value.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/altered`` when it isn't what was sealed in this place.
    mutating func open(_ sealed: [UInt8], record: Int64, column: SealedColumn) throws -> [UInt8] {
        let count = sealed.count - Self.overhead
        guard count >= 0 else { throw Self.altered }
        name(record, column)
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let out = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
            try sealed.withUnsafeBytes { try open($0, into: out) }
            filled = count
        }
    }

    private mutating func open(_ sealed: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) throws {
        let nonce = UnsafeRawBufferPointer(rebasing: sealed[..<AES256GCM.nonceByteCount])
        let text = UnsafeRawBufferPointer(rebasing: sealed[AES256GCM.nonceByteCount...])
        do {
            try associated.withUnsafeBytes { try cipher.open(text, nonce: nonce, additionalData: $0, into: out) }
        } catch let error as OpenSSLError where error.code == .notAuthentic {
            throw Self.altered
        }
    }

    private mutating func drawNonces() throws {
        try nonces.withUnsafeMutableBytes { try SecureRandom.fill($0) }
        nextNonce = 0
    }

    private mutating func name(_ record: Int64, _ column: SealedColumn) {
        associated.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: record.bigEndian, toByteOffset: 8, as: Int64.self)
            bytes.storeBytes(of: column.rawValue.bigEndian, toByteOffset: 16, as: UInt64.self)
        }
    }

    private static var altered: StoreError {
        StoreError(
            .altered, "A sealed value does not open: it was altered or moved; restore the database from a backup")
    }
}

/// The columns whose values are sealed; the column is part of the associated data.
enum SealedColumn: UInt64 {
    case payload = 1
    case detail
    case answer
    case layout
    case dataKey
    case fingerprintKey
    case traceKey
    case tracePosition
    case traceEntry
    /// Above those of the columns that batches have.
    case accountHashKey = 32
    case periodKey = 33
    case auditKey = 34
}

/// A batch's key, shared by everything that seals and opens its values.
final class DataKey: Sendable {
    /// Random bytes, which tell apart as many keys as a database can have batches.
    static let identifierByteCount = 8

    private let key: [UInt8]
    private let identifier: [UInt8]
    private let shared: Lock<Seal>

    /// Takes a key and the 8 bytes that identify it.
    init(key: [UInt8], identifier: [UInt8]) throws {
        self.key = key
        self.identifier = identifier
        shared = Lock(try Seal(key: key, id: identifier))
    }

    /// A seal for exclusive use by one caller that seals many values.
    func makeSeal() throws -> Seal {
        try Seal(key: key, id: identifier)
    }

    /// Seals one value.
    func seal(_ value: [UInt8], record: Int64, column: SealedColumn) throws -> [UInt8] {
        try shared.withLock { try $0.seal(value, record: record, column: column) }
    }

    /// Opens one value.
    func open(_ sealed: [UInt8], record: Int64, column: SealedColumn) throws -> [UInt8] {
        try shared.withLock { try $0.open(sealed, record: record, column: column) }
    }
}

/// The unwrapped keys of the batches used most recently. A daemon handles a great many batches; it keeps neither the
/// memory nor the keys of finished ones.
struct DataKeyCache: Sendable {
    /// How many keys are kept at most; more batches than this are seldom worked on at once.
    static let capacity = 32

    /// In order of use, the most recent last.
    private var kept: [(batch: BatchID, key: DataKey)] = []

    /// How many keys are kept.
    var count: Int { kept.count }

    /// A batch's key, which becomes the most recently used; nil when it is not cached.
    mutating func key(of batch: BatchID) -> DataKey? {
        guard let place = kept.lastIndex(where: { $0.batch == batch }) else { return nil }
        if place != kept.endIndex - 1 { kept.append(kept.remove(at: place)) }
        return kept.last?.key
    }

    /// Caches a batch's key and evicts the least recently used one.
    mutating func keep(_ key: DataKey, of batch: BatchID) {
        kept.removeAll { $0.batch == batch }
        if kept.count == Self.capacity { kept.removeFirst() }
        kept.append((batch, key))
    }

    /// Forgets a batch's key.
    mutating func drop(_ batch: BatchID) {
        kept.removeAll { $0.batch == batch }
    }
}

/// A record's own id and its raw row, sealed together: the id's length (4 bytes, little endian), id, row.
enum SealedPayload {
    /// The id's length.
    static let headerByteCount = 4

    /// Writes id and row into a buffer of exactly their length and the header's.
    static func write(
        id: UnsafeRawBufferPointer, rawRow: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer
    ) {
        out.storeBytes(of: UInt32(id.count).littleEndian, as: UInt32.self)
        UnsafeMutableRawBufferPointer(rebasing: out[headerByteCount...]).copyMemory(from: id)
        UnsafeMutableRawBufferPointer(rebasing: out[(headerByteCount + id.count)...]).copyMemory(from: rawRow)
    }

    /// An id without its row, which was erased.
    static func bytes(id: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt32(id.count).littleEndian, Array.init) + id
    }

    /// Splits the payload into id and row; the row is empty where it was not kept.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/altered`` when the lengths don't fit.
    static func read(_ bytes: [UInt8]) throws -> (id: [UInt8], rawRow: [UInt8]) {
        guard bytes.count >= headerByteCount else { throw altered }
        let count = bytes.withUnsafeBytes { Int(UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self))) }
        guard bytes.count >= headerByteCount + count else { throw altered }
        let row = headerByteCount + count
        return (Array(bytes[headerByteCount..<row]), Array(bytes[row...]))
    }

    private static var altered: StoreError {
        StoreError(.altered, "A stored row has an impossible length; restore the database from a backup")
    }
}

/// A code or an id sent by a server is stored unencrypted only when it looks like one: a gateway may put anything
/// there.
enum PlainToken {
    /// In bytes; an id is a UUID of 36.
    private static let longest = 128
    /// In bytes; longer than any code that the API documents.
    private static let longestCode = 64

    /// The text when it has the form of a reason code, letters, digits and `_`, at most 64; else nil.
    static func code(_ text: String?) -> String? {
        guard let text = only(text), text.utf8.count <= longestCode, !text.utf8.contains(where: isMark) else {
            return nil
        }
        return text
    }

    /// The text when it is a token of letters, digits, `.`, `_`, `:` and `-`; else nil.
    static func only(_ text: String?) -> String? {
        guard let text, !text.isEmpty, text.utf8.count <= longest, text.utf8.allSatisfy(isPlain) else { return nil }
        return text
    }

    private static func isMark(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "-")
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
