import COpenSSL

/// The one owner of an `EVP_MD_CTX` that computes SHA-256.
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

    /// Writes the digest, 32 bytes; the state is then spent until ``restart(from:)``.
    mutating func finish(into out: UnsafeMutableRawBufferPointer) throws {
        guard out.count >= SHA256.byteCount, let start = out.baseAddress else {
            throw OpenSSLError.wrongSize("A SHA-256 digest needs a buffer of 32 bytes")
        }
        try require(EVP_DigestFinal_ex(pointer, start.assumingMemoryBound(to: UInt8.self), nil), "finish a digest")
    }
}
