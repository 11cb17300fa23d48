import OpenSSL

/// Seals and opens values under one key: nonce (12) ‖ ciphertext ‖ tag (16).
///
/// The associated data is key id (8) ‖ record id (8, big endian) ‖ column (8, big endian): a value moved to another
/// record, column or batch does not open. Nonces are random; a batch key seals some ten million values at most, which
/// keeps two equal ones below 2⁻⁴⁹ (NIST SP 800-38D §8.3 asks for 2⁻³²).
struct Seal: ~Copyable, Sendable {
    /// How much longer a sealed value is than the value.
    static let overhead = AES256GCM.nonceByteCount + AES256GCM.tagByteCount
    private static let noncesAtATime = 256

    private var cipher: AES256GCM
    private var associated: [UInt8]
    private var nonces: [UInt8]
    private var nextNonce: Int

    /// Prepares a key of 32 bytes that 8 bytes name.
    init(key: [UInt8], id: [UInt8]) throws {
        cipher = try AES256GCM(key: key)
        associated = id + [UInt8](repeating: 0, count: 16)
        nonces = [UInt8](repeating: 0, count: Self.noncesAtATime * AES256GCM.nonceByteCount)
        nextNonce = nonces.count
    }

    /// Seals a value into exactly ``overhead`` bytes more.
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
    /// - Throws: ``StoreError`` with ``StoreError/Code/altered`` when it isn't what was sealed in this place.
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
