import Basics
import COpenSSL

/// The owner of an `EVP_PKEY`, public or private.
///
/// `@unchecked Sendable`: the key is never changed once it is stored here, and several threads may use an `EVP_PKEY`
/// that is only read (man 7 openssl-threads).
final class KeyHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    init(takingOwnership pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit { EVP_PKEY_free(pointer) }

    var kind: KeyKind { KeyKind(of: pointer) }

    /// The size of an RSA modulus or of a curve's field, in bits.
    var bits: Int { Int(EVP_PKEY_get_bits(pointer)) }

    /// 2048-bit RSA has a strength of 112 bits (NIST SP 800-57 part 1, table 2); the common curves have 128.
    var isStrongEnough: Bool {
        kind == .rsa || kind == .rsaPSS ? bits >= 2048 : EVP_PKEY_get_security_bits(pointer) >= 112
    }

    /// The DER SubjectPublicKeyInfo of the key or of a private key's public half.
    func subjectPublicKeyInfo() throws -> [UInt8] {
        try DER.encode { i2d_PUBKEY(pointer, $0) }
    }
}

extension KeyHandle {
    /// A handle on the public half only.
    func publicHalf() throws -> KeyHandle {
        let encoded = try subjectPublicKeyInfo()
        let decoded = encoded.withUnsafeBufferPointer { DER.decode($0) { d2i_PUBKEY(nil, $0, $1) } }
        return KeyHandle(takingOwnership: try require(decoded, "take a key's public half"))
    }

    /// An RSA key's modulus, big-endian.
    func modulus() throws -> [UInt8] {
        var number: OpaquePointer?
        try require(EVP_PKEY_get_bn_param(pointer, OSSL_PKEY_PARAM_RSA_N, &number), "read a key's modulus")
        defer { BN_free(number) }
        let count = (bits + 7) / 8
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            try require(BN_bn2binpad(number, buffer.baseAddress, Int32(count)), "read a key's modulus")
            filled = count
        }
    }
}

/// What a key can be used for.
package enum KeyKind: Sendable, Hashable, CustomStringConvertible {
    /// RSA, for encryption and signatures.
    case rsa
    /// RSA limited to PSS signatures.
    case rsaPSS
    /// A key on an elliptic curve; it signs and does not encrypt.
    case ellipticCurve
    /// Any other kind, by OpenSSL's name.
    case other(String)

    init(of key: OpaquePointer) {
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA: self = .rsa
        case EVP_PKEY_RSA_PSS: self = .rsaPSS
        case EVP_PKEY_EC: self = .ellipticCurve
        default: self = .other(EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? "unknown")
        }
    }

    /// The name in common use.
    package var description: String {
        switch self {
        case .rsa: "RSA"
        case .rsaPSS: "RSA-PSS"
        case .ellipticCurve: "EC"
        case .other(let name): name
        }
    }
}

/// An `EVP_PKEY_CTX` set up for RSA-OAEP with SHA-256, MGF1-SHA-256 and an empty label (RFC 7518 §4.3, RSA-OAEP-256).
///
/// `@unchecked Sendable`: a context is used by one caller at a time, because ``KeyContextPool`` lends it to one only.
final class KeyContext: @unchecked Sendable {
    /// What the context is set up to do.
    enum Operation: Sendable { case encrypt, decrypt }

    let pointer: OpaquePointer

    init(_ key: KeyHandle, for operation: Operation) throws {
        pointer = try require(EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil), "make a key context")
        switch operation {
        case .encrypt: try require(EVP_PKEY_encrypt_init(pointer), "start RSA encryption")
        case .decrypt: try require(EVP_PKEY_decrypt_init(pointer), "start RSA decryption")
        }
        let digest = try FetchedDigest.sha256.get().pointer
        try require(EVP_PKEY_CTX_set_rsa_padding(pointer, RSA_PKCS1_OAEP_PADDING), "choose OAEP")
        try require(EVP_PKEY_CTX_set_rsa_oaep_md(pointer, digest), "choose OAEP's digest")
        try require(EVP_PKEY_CTX_set_rsa_mgf1_md(pointer, digest), "choose MGF1's digest")
    }

    deinit { EVP_PKEY_CTX_free(pointer) }
}

/// Key contexts that are set up once and lent to one caller at a time; the pool grows to the number of active threads.
final class KeyContextPool: Sendable {
    private let key: KeyHandle
    private let operation: KeyContext.Operation
    private let idle = Lock<[KeyContext]>([])

    init(_ key: KeyHandle, for operation: KeyContext.Operation) {
        self.key = key
        self.operation = operation
    }

    func withContext<Result>(_ body: (OpaquePointer) throws -> Result) throws -> Result {
        let context = try idle.withLock { $0.popLast() } ?? KeyContext(key, for: operation)
        defer { idle.withLock { $0.append(context) } }
        return try body(context.pointer)
    }
}
