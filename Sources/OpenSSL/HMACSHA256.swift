import COpenSSL

/// HMAC-SHA-256 (RFC 2104) under one key, for many messages and several threads at once.
///
/// The key's two blocks are hashed once; a message starts from copies of those states.
public final class HMACSHA256: Sendable {
    /// The length of a code, in bytes.
    public static let byteCount = SHA256.byteCount
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

    /// Writes a message's code.
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

    /// The code of a message that lies in several places.
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
