import Basics
import COpenSSL

/// Decodes one PEM block or one DER object.
struct KeyDecoder {
    let password: String?
    let name: String

    /// The error for a file of which nothing can be read, which says what it is instead where its bytes tell.
    func unreadable(_ bytes: [UInt8]) -> OpenSSLError {
        guard let form = ForeignFile(bytes) else { return unreadable }
        return OpenSSLError.refused(.unreadable, "\(name) \(form.clause)")
    }

    var unreadable: OpenSSLError {
        OpenSSLError.failed(
            .unreadable,
            "\(name) is no key or certificate that can be read; PEM, DER or PKCS#12 is wanted, whole and unchanged")
    }

    /// Nil for a block that only supplements the next one.
    func item(pem block: PEMBlock) throws -> KeyFile.Item? {
        switch block.label {
        case "CERTIFICATE", "X509 CERTIFICATE": .certificate(try certificate(block.body))
        case "TRUSTED CERTIFICATE": .certificate(try trustedCertificate(block.body))
        case "PUBLIC KEY": .publicKey(try publicKey(block.body))
        case "RSA PUBLIC KEY": .publicKey(try rsaPublicKey(block.body))
        case "PRIVATE KEY": .privateKey(try pkcs8(block.body))
        case "ENCRYPTED PRIVATE KEY": try encryptedPKCS8(block.body)
        case "RSA PRIVATE KEY": try traditional(block, type: EVP_PKEY_RSA)
        case "EC PRIVATE KEY": try traditional(block, type: EVP_PKEY_EC)
        case "EC PARAMETERS": nil
        case let label: .other(label.lowercased())
        }
    }

    /// The one object, or an error that says what else it is.
    func itemOrForm(der bytes: [UInt8]) throws -> KeyFile.Item {
        do {
            return try item(der: bytes)
        } catch let error as OpenSSLError where error.code == .unreadable {
            throw unreadable(bytes)
        }
    }

    /// The DER forms cannot be confused: each begins with a different sequence of types.
    func item(der bytes: [UInt8]) throws -> KeyFile.Item {
        if let handle = certificateHandle(bytes) { return .certificate(try Certificate(handle)) }
        if let key = decode(bytes, { d2i_PUBKEY(nil, $0, $1) }) { return .publicKey(try PublicKey(handle(key))) }
        if let key = pkcs8Handle(bytes) { return .privateKey(try PrivateKey(key)) }
        if let sealed = decode(bytes, { d2i_X509_SIG(nil, $0, $1) }) {
            X509_SIG_free(sealed)
            return try encryptedPKCS8(bytes)
        }
        for type in [EVP_PKEY_RSA, EVP_PKEY_EC] {
            guard let key = decode(bytes, { d2i_PrivateKey(type, nil, $0, $1) }) else { continue }
            return .privateKey(try PrivateKey(handle(key)))
        }
        return .publicKey(try rsaPublicKey(bytes))
    }

    /// Calls a `d2i_` function; nil when the bytes are something else, or more than it reads.
    func decode(
        _ bytes: [UInt8], _ read: (UnsafeMutablePointer<UnsafePointer<UInt8>?>, Int) -> OpaquePointer?
    ) -> OpaquePointer? {
        DER.isSequence(bytes) ? bytes.withUnsafeBufferPointer { DER.decode($0, read) } : nil
    }

    func handle(_ key: OpaquePointer) -> KeyHandle {
        KeyHandle(takingOwnership: key)
    }

    private func certificateHandle(_ bytes: [UInt8]) -> CertificateHandle? {
        decode(bytes) { d2i_X509(nil, $0, $1) }.map { CertificateHandle(takingOwnership: $0) }
    }

    private func certificate(_ bytes: [UInt8]) throws -> Certificate {
        guard let handle = certificateHandle(bytes) else { throw unreadable }
        return try Certificate(handle)
    }

    private func trustedCertificate(_ bytes: [UInt8]) throws -> Certificate {
        // A second sequence follows the certificate's.
        let decoded = bytes.withUnsafeBufferPointer { DER.decode($0) { d2i_X509_AUX(nil, $0, $1) } }
        guard let pointer = decoded else { throw unreadable }
        return try Certificate(CertificateHandle(takingOwnership: pointer))
    }

    private func publicKey(_ bytes: [UInt8]) throws -> PublicKey {
        guard let key = decode(bytes, { d2i_PUBKEY(nil, $0, $1) }) else { throw unreadable }
        return try PublicKey(handle(key))
    }

    /// PKCS#1's RSAPublicKey (RFC 8017 §A.1.1).
    private func rsaPublicKey(_ bytes: [UInt8]) throws -> PublicKey {
        guard let key = decode(bytes, { d2i_PublicKey(EVP_PKEY_RSA, nil, $0, $1) }) else { throw unreadable }
        return try PublicKey(handle(key))
    }
}

extension KeyDecoder {
    /// PKCS#8's PrivateKeyInfo (RFC 5208 §5).
    func pkcs8(_ bytes: [UInt8]) throws -> PrivateKey {
        guard let key = pkcs8Handle(bytes) else { throw unreadable }
        return try PrivateKey(key)
    }

    func pkcs8Handle(_ bytes: [UInt8]) -> KeyHandle? {
        guard let info = decode(bytes, { d2i_PKCS8_PRIV_KEY_INFO(nil, $0, $1) }) else { return nil }
        defer { PKCS8_PRIV_KEY_INFO_free(info) }
        return EVP_PKCS82PKEY(info).map(handle)
    }

    /// PKCS#8's EncryptedPrivateKeyInfo (RFC 5208 §6), also with the ciphers of the legacy provider.
    func encryptedPKCS8(_ bytes: [UInt8]) throws -> KeyFile.Item {
        guard let sealed = decode(bytes, { d2i_X509_SIG(nil, $0, $1) }) else { throw unreadable }
        defer { X509_SIG_free(sealed) }
        guard let password else { return .lockedPrivateKey }
        return try LegacyProviders.withContext { library in
            let count = Int32(clamping: password.utf8.count)
            guard let info = PKCS8_decrypt_ex(sealed, password, count, library, nil) else {
                throw OpenSSLError.wrongPassword(name: name)
            }
            defer { PKCS8_PRIV_KEY_INFO_free(info) }
            guard let key = EVP_PKCS82PKEY(info) else { throw unreadable }
            return .privateKey(try PrivateKey(handle(key)))
        }
    }

    /// PKCS#1's RSAPrivateKey or SEC 1's ECPrivateKey, possibly encrypted the way OpenSSL did before PKCS#8.
    func traditional(_ block: PEMBlock, type: Int32) throws -> KeyFile.Item {
        var body = block.body
        defer { body.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
        if block.isEncrypted {
            guard let password else { return .lockedPrivateKey }
            try decrypt(&body, header: block.header, password: password)
        }
        guard let key = decode(body, { d2i_PrivateKey(type, nil, $0, $1) }) else {
            // One wrong password in 256 leaves padding that looks right.
            throw block.isEncrypted ? OpenSSLError.wrongPassword(name: name) : unreadable
        }
        return .privateKey(try PrivateKey(handle(key)))
    }

    private func decrypt(_ body: inout [UInt8], header: String, password: String) throws {
        var header = Array(header.utf8CString)
        var cipher = EVP_CIPHER_INFO()
        guard PEM_get_EVP_CIPHER_INFO(&header, &cipher) > 0 else {
            throw OpenSSLError.failed(
                .unreadable, "\(name) is encrypted in a way this OpenSSL does not know; convert it to PKCS#8")
        }
        var count = body.count
        let opened = Array(password.utf8).withUnsafeBufferPointer { password in
            withUnsafePointer(to: password) { box in
                body.withUnsafeMutableBufferPointer { body in
                    PEM_do_header(
                        &cipher, body.baseAddress, &count, { KeyDecoder.givePassword(room: $0, size: $1, box: $3) },
                        UnsafeMutableRawPointer(mutating: box))
                }
            }
        }
        guard opened > 0 else { throw OpenSSLError.wrongPassword(name: name) }
        body.removeLast(body.count - count)
    }

    /// Gives OpenSSL the password, so that it never asks for one on the terminal; 0 when it does not fit.
    private static func givePassword(
        room: UnsafeMutablePointer<CChar>?, size: Int32, box: UnsafeMutableRawPointer?
    ) -> Int32 {
        let password = box?.assumingMemoryBound(to: UnsafeBufferPointer<UInt8>.self).pointee
        guard let room, let password, password.count <= Int(size) else { return 0 }
        for (index, byte) in password.enumerated() { room[index] = CChar(bitPattern: byte) }
        return Int32(password.count)
    }
}

/// One armoured block of a PEM file (RFC 7468, and RFC 1421 for the headers of OpenSSL's older encrypted keys).
struct PEMBlock {
    /// The label after `BEGIN`.
    let label: String
    /// The lines before the base64; only `Proc-Type` and `DEK-Info` are in use.
    let header: String
    /// The decoded base64.
    let body: [UInt8]

    /// RFC 1421 §4.6.1.1.
    var isEncrypted: Bool { header.contains("ENCRYPTED") }
}

/// Reads PEM files, with or without text around the blocks.
enum PEM {
    private static let marker = Array("-----BEGIN ".utf8)
    private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

    static func isLikely(_ bytes: [UInt8]) -> Bool {
        bytes.firstRange(of: marker) != nil
    }

    /// All blocks in the file's order; nil when one of them is broken.
    static func blocks(in bytes: [UInt8]) throws -> [PEMBlock]? {
        let text = bytes.starts(with: byteOrderMark) ? bytes.dropFirst(byteOrderMark.count) : bytes[...]
        return try text.withUnsafeBytes { text in
            let source = try MemoryBuffer(reading: text)
            var blocks: [PEMBlock] = []
            while let block = nextBlock(from: source) { blocks.append(block) }
            // The end is reported as "no start line" (man 3 PEM_read_bio); anything else is a broken block.
            let reason = ERR_GET_REASON(ERR_peek_last_error())
            ERR_clear_error()
            return reason == PEM_R_NO_START_LINE ? blocks : nil
        }
    }

    private static func nextBlock(from source: borrowing MemoryBuffer) -> PEMBlock? {
        var label: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var body: UnsafeMutablePointer<UInt8>?
        var count = 0
        let found = PEM_read_bio(source.pointer, &label, &header, &body, &count)
        guard found > 0, let label, let header else { return nil }
        defer {
            CRYPTO_free(label, #fileID, #line)
            CRYPTO_free(header, #fileID, #line)
            CRYPTO_clear_free(body, count, #fileID, #line)
        }
        return PEMBlock(
            label: String(cString: label), header: String(cString: header),
            body: Array(UnsafeBufferPointer(start: body, count: count)))
    }
}

/// The DER forms OpenSSL reads and writes.
enum DER {
    /// Calls one of OpenSSL's `i2d_` functions, which allocate what they write.
    static func encode(
        _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>) throws -> Int32
    ) throws -> [UInt8] {
        var start: UnsafeMutablePointer<UInt8>?
        let count = try write(&start)
        try require(count, "encode a key or certificate")
        defer { CRYPTO_clear_free(start, Int(count), #fileID, #line) }
        return Array(UnsafeBufferPointer(start: start, count: Int(count)))
    }

    /// Calls one of OpenSSL's `d2i_` functions; nil when the bytes are something else.
    static func decode<Result>(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ read: (UnsafeMutablePointer<UnsafePointer<UInt8>?>, Int) -> Result?
    ) -> Result? {
        var position = bytes.baseAddress
        let result = read(&position, bytes.count)
        ERR_clear_error()
        return result
    }

    /// Whether the bytes are exactly one DER SEQUENCE.
    static func isSequence(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 2, bytes[0] == 0x30 else { return false }
        let first = Int(bytes[1])
        guard first >= 0x80 else { return bytes.count == 2 + first }
        let lengthBytes = first & 0x7f
        guard (1...4).contains(lengthBytes), bytes.count > 2 + lengthBytes else { return false }
        let length = bytes[2..<(2 + lengthBytes)].reduce(0) { $0 << 8 | Int($1) }
        return bytes.count == 2 + lengthBytes + length
    }
}
