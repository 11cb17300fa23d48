import ArgumentParser
import CBenchOpenSSL

/// Does the RSA that no client can do without, and nothing else: the child of the case `client`.
struct FloorWork: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "work-floor", shouldDisplay: false)

    @Option var count: Int

    func run() throws {
        let key = try OAEPKey.generate()
        let message = (0..<32).map { UInt8($0) }
        var (wrapped, unwrapped) = ([UInt8](repeating: 0, count: 256), [UInt8](repeating: 0, count: 256))
        // The first use of a context does more than the later ones: it is not measured.
        guard try key.encrypt(message, into: &wrapped) == wrapped.count,
            try key.decrypt(wrapped, into: &unwrapped) == message.count, unwrapped.starts(with: message)
        else { throw BenchmarkError("OAEP does not bring back what was encrypted") }
        let start = CPUTime.now()
        for _ in 0..<count { _ = try key.encrypt(message, into: &wrapped) }
        let middle = CPUTime.now()
        for _ in 0..<count { _ = try key.decrypt(wrapped, into: &unwrapped) }
        let values = ["encryption": middle - start, "decryption": CPUTime.now() - middle]
        try WorkReport(records: count, values: values).print()
    }
}

/// A new RSA key of 2048 bits, and a context for each direction, set up once for RSA-OAEP-256 (RFC 7518 §4.3).
private struct OAEPKey: ~Copyable {
    private let key: OpaquePointer
    private let encrypter: OpaquePointer
    private let decrypter: OpaquePointer

    /// What was made before a failure is freed with the process, which then ends.
    static func generate() throws -> OAEPKey {
        let key = try require(CBenchOpenSSL_RSA_gen(2_048))
        return OAEPKey(
            takingOwnershipOf: key, encrypter: try context(of: key, EVP_PKEY_encrypt_init),
            decrypter: try context(of: key, EVP_PKEY_decrypt_init))
    }

    private init(takingOwnershipOf key: OpaquePointer, encrypter: OpaquePointer, decrypter: OpaquePointer) {
        self.key = key
        self.encrypter = encrypter
        self.decrypter = decrypter
    }

    deinit {
        EVP_PKEY_CTX_free(encrypter)
        EVP_PKEY_CTX_free(decrypter)
        EVP_PKEY_free(key)
    }

    /// Returns the length of what was encrypted.
    func encrypt(_ message: [UInt8], into output: inout [UInt8]) throws -> Int {
        var count = output.count
        guard EVP_PKEY_encrypt(encrypter, &output, &count, message, message.count) > 0 else { throw Self.failure }
        return count
    }

    /// Returns the length of the message.
    func decrypt(_ ciphertext: [UInt8], into output: inout [UInt8]) throws -> Int {
        var count = output.count
        guard EVP_PKEY_decrypt(decrypter, &output, &count, ciphertext, ciphertext.count) > 0 else {
            throw Self.failure
        }
        return count
    }

    private static func context(
        of key: OpaquePointer, _ start: (OpaquePointer) -> Int32
    ) throws -> OpaquePointer {
        let context = try require(EVP_PKEY_CTX_new_from_pkey(nil, key, nil))
        let digest = try require(EVP_MD_fetch(nil, "SHA256", nil))
        // The context keeps a reference of its own.
        defer { EVP_MD_free(digest) }
        guard start(context) > 0, EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) > 0,
            EVP_PKEY_CTX_set_rsa_oaep_md(context, digest) > 0, EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest) > 0
        else { throw failure }
        return context
    }

    private static func require(_ pointer: OpaquePointer?) throws -> OpaquePointer {
        guard let pointer else { throw failure }
        return pointer
    }

    private static let failure = BenchmarkError("OpenSSL fails at RSA-OAEP with SHA-256; is it version 3?")
}
