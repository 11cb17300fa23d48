import Basics
import COpenSSL

/// SHA-256 (FIPS 180-4) of bytes that are completely in memory.
public enum SHA256 {
    /// The length of a digest, in bytes.
    public static let byteCount = 32

    /// The digest of a buffer.
    ///
    /// - Parameter bytes: What to hash.
    /// - Returns: 32 bytes.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public static func digest(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, filled in
            try digest(bytes, into: UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: byteCount))
            filled = byteCount
        }
    }

    /// The digest of an array.
    ///
    /// - Parameter bytes: What to hash.
    /// - Returns: 32 bytes.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public static func digest(_ bytes: [UInt8]) throws -> [UInt8] {
        try bytes.withUnsafeBytes { try digest($0) }
    }

    /// Writes the digest of a buffer into another.
    ///
    /// - Parameters:
    ///   - bytes: What to hash.
    ///   - out: At least 32 bytes.
    /// - Throws: ``OpenSSLError`` when `out` is too short or OpenSSL fails.
    public static func digest(_ bytes: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) throws {
        guard out.count >= byteCount, let start = out.baseAddress else {
            throw OpenSSLError.wrongSize("A SHA-256 digest needs a buffer of 32 bytes")
        }
        let digest = try FetchedDigest.sha256.get()
        let result = start.assumingMemoryBound(to: UInt8.self)
        try require(EVP_Digest(bytes.baseAddress, bytes.count, result, nil, digest.pointer, nil), "hash")
    }

    /// The digest of an array, as lower-case hexadecimal.
    ///
    /// - Parameter bytes: What to hash.
    /// - Returns: 64 characters.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public static func hex(_ bytes: [UInt8]) throws -> String {
        Hexadecimal.encode(try digest(bytes))
    }
}

/// Incremental SHA-256, such as of a file.
public struct SHA256Stream: ~Copyable, Sendable {
    private var context: DigestContext

    /// Starts with nothing hashed.
    ///
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public init() throws {
        context = try DigestContext.started()
    }

    /// Adds the next piece.
    ///
    /// - Parameter bytes: The piece; may be empty.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) throws {
        try context.update(bytes)
    }

    /// Finishes the digest.
    ///
    /// - Returns: The digest, 32 bytes.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public consuming func finish() throws -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: SHA256.byteCount)
        try digest.withUnsafeMutableBytes { try context.finish(into: $0) }
        return digest
    }
}

/// HMAC-SHA-256 (RFC 2104) under one key, for many messages and several threads at once.
///
/// The key's two blocks are hashed once; a message starts from copies of those states.
public final class HMACSHA256: Sendable {
    /// The length of a code, in bytes.
    public static let byteCount = SHA256.byteCount
    /// SHA-256's block, in bytes (RFC 2104 §2, B).
    private static let blockSize = 64

    private let inner: DigestContext
    private let outer: DigestContext

    /// Prepares a key.
    ///
    /// - Parameter key: Any length; more than 64 bytes are hashed first (RFC 2104 §2).
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public convenience init(key: [UInt8]) throws {
        try self.init(keyBytes: key)
    }

    init(keyBytes key: some Collection<UInt8>) throws {
        var block = [UInt8]()
        block.reserveCapacity(Self.blockSize)
        block.append(contentsOf: key.count > Self.blockSize ? try SHA256.digest(Array(key)) : Array(key))
        defer { block.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
        block.append(contentsOf: repeatElement(0, count: Self.blockSize - block.count))
        inner = try Self.state(after: block, xor: 0x36)
        outer = try Self.state(after: block, xor: 0x5c)
    }

    /// Writes a message's code into a buffer.
    ///
    /// - Parameters:
    ///   - message: What to authenticate.
    ///   - out: At least 32 bytes; must not overlap the message.
    /// - Throws: ``OpenSSLError`` when `out` is too short or OpenSSL fails.
    public func code(for message: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) throws {
        var state = try DigestContext.copy(of: inner)
        try state.update(message)
        try finish(&state, into: out)
    }

    /// A message's code.
    ///
    /// - Parameter message: What to authenticate.
    /// - Returns: 32 bytes.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public func code(for message: [UInt8]) throws -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Self.byteCount)
        try message.withUnsafeBytes { message in
            try code.withUnsafeMutableBytes { try self.code(for: message, into: $0) }
        }
        return code
    }

    /// The code of a message that consists of several pieces.
    func code(forParts parts: [UnsafeRawBufferPointer], into out: UnsafeMutableRawBufferPointer) throws {
        var state = try DigestContext.copy(of: inner)
        for part in parts { try state.update(part) }
        try finish(&state, into: out)
    }

    private func finish(_ state: inout DigestContext, into out: UnsafeMutableRawBufferPointer) throws {
        try state.finish(into: out)
        try state.restart(from: outer)
        try state.update(UnsafeRawBufferPointer(rebasing: out[..<Self.byteCount]))
        try state.finish(into: out)
    }

    private static func state(after block: [UInt8], xor pad: UInt8) throws -> DigestContext {
        var padded = block.map { $0 ^ pad }
        defer { padded.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
        var state = try DigestContext.started()
        try padded.withUnsafeBytes { try state.update($0) }
        return state
    }
}

/// The single owner of an `EVP_MD_CTX` that computes SHA-256.
///
/// `@unchecked Sendable`: the context has one owner; changing it needs exclusive access, which the language enforces,
/// and copying from it only reads.
struct DigestContext: ~Copyable, @unchecked Sendable {
    private let pointer: OpaquePointer

    private init(takingOwnership pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit { EVP_MD_CTX_free(pointer) }

    /// A context with nothing hashed. (An initialiser of a noncopyable type cannot fail halfway.)
    static func started() throws -> DigestContext {
        let digest = try FetchedDigest.sha256.get()
        let context = DigestContext(takingOwnership: try require(EVP_MD_CTX_new(), "make a digest context"))
        try require(EVP_DigestInit_ex2(context.pointer, digest.pointer, nil), "start a digest")
        return context
    }

    static func copy(of other: borrowing DigestContext) throws -> DigestContext {
        var context = DigestContext(takingOwnership: try require(EVP_MD_CTX_new(), "make a digest context"))
        try context.restart(from: other)
        return context
    }

    mutating func restart(from other: borrowing DigestContext) throws {
        try require(EVP_MD_CTX_copy_ex(pointer, other.pointer), "copy a digest's state")
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) throws {
        guard !bytes.isEmpty else { return }
        try require(EVP_DigestUpdate(pointer, bytes.baseAddress, bytes.count), "hash")
    }

    /// Writes the digest, 32 bytes; the state cannot be used again until ``restart(from:)``.
    mutating func finish(into out: UnsafeMutableRawBufferPointer) throws {
        guard out.count >= SHA256.byteCount, let start = out.baseAddress else {
            throw OpenSSLError.wrongSize("A SHA-256 digest needs a buffer of 32 bytes")
        }
        try require(EVP_DigestFinal_ex(pointer, start.assumingMemoryBound(to: UInt8.self), nil), "finish a digest")
    }
}

/// A digest algorithm, looked up once: `EVP_MD_fetch` for every call costs more than hashing a short message.
///
/// `@unchecked Sendable`: a fetched `EVP_MD` is never changed, and its reference count is atomic
/// (man 7 openssl-threads).
final class FetchedDigest: @unchecked Sendable {
    static let sha256 = Result { try FetchedDigest(named: "SHA2-256") }

    let pointer: OpaquePointer

    private init(named name: String) throws {
        pointer = try require(EVP_MD_fetch(nil, name, nil), "load a digest")
    }

    deinit { EVP_MD_free(pointer) }
}
