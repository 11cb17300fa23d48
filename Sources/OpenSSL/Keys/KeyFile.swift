/// What a file of keys and certificates holds: PEM, DER or PKCS#12.
package struct KeyFile: Sendable {
    /// The encoding of a file.
    package enum Format: String, Sendable {
        /// Armoured text.
        case pem = "PEM"
        /// One binary object.
        case der = "DER"
        /// A keystore, also called .p12 or .pfx.
        case pkcs12 = "PKCS#12"
    }

    /// One thing found in the file.
    package enum Item: Sendable {
        case certificate(Certificate)
        /// A public key by itself.
        case publicKey(PublicKey)
        case privateKey(PrivateKey)
        /// A private key that is encrypted, and no password was given.
        case lockedPrivateKey
        /// A keystore that is encrypted, and no password was given.
        case lockedKeystore
        /// Something of no use here, by the name the file gives it.
        case other(String)
    }

    /// The encoding of the file.
    package let format: Format
    /// What was found, in the file's order; for a keystore the key first, then its certificate and the chain.
    package let items: [Item]

    /// Reads a file. Keys too weak to use are listed too; the functions that pick a key refuse them.
    ///
    /// - Parameters:
    ///   - bytes: The file's content.
    ///   - password: The password; nil when there is none. It is never asked for on a terminal.
    ///   - name: What to call the file in an error, such as the setting and the file's name.
    /// - Throws: ``OpenSSLError`` with ``OpenSSLErrorCode/unreadable`` or ``OpenSSLErrorCode/wrongPassword``.
    package init(_ bytes: [UInt8], password: String?, name: String) throws {
        let decoder = KeyDecoder(password: password, name: name)
        if DER.isSequence(bytes), PKCS12.isKeystore(bytes) {
            (format, items) = (.pkcs12, try PKCS12.items(in: bytes, password: password, name: name))
        } else if DER.isSequence(bytes) {
            (format, items) = (.der, [try decoder.itemOrForm(der: bytes)])
        } else if PEM.isLikely(bytes), let blocks = try PEM.blocks(in: bytes), !blocks.isEmpty {
            (format, items) = (.pem, try blocks.compactMap(decoder.item(pem:)))
        } else {
            throw decoder.unreadable(bytes)
        }
    }

    package var certificates: [Certificate] {
        items.compactMap { if case .certificate(let certificate) = $0 { certificate } else { nil } }
    }

    /// The private keys found, except locked ones.
    package var privateKeys: [PrivateKey] {
        items.compactMap { if case .privateKey(let key) = $0 { key } else { nil } }
    }

    /// The public keys found on their own, not those of certificates and private keys.
    package var publicKeys: [PublicKey] {
        items.compactMap { if case .publicKey(let key) = $0 { key } else { nil } }
    }

    /// Whether anything in the file needs a password that was not given.
    package var isLocked: Bool {
        items.contains { item in
            switch item {
            case .lockedKeystore, .lockedPrivateKey: true
            default: false
            }
        }
    }
}

extension KeyFile {
    /// The key that requests are encrypted to.
    ///
    /// - Parameter name: What to call the file in an error, such as the setting and the file's name.
    /// - Returns: The leaf certificate's, else the one public key's.
    /// - Throws: ``OpenSSLError`` that says what the file holds instead, or that the key is too weak.
    package func encryptionKey(name: String) throws -> PublicKey {
        guard !isLocked, privateKeys.isEmpty else {
            throw OpenSSLError.refused(
                .wrongKind,
                "\(name) holds \(contents); encryption_key wants Mastercard's public key or certificate, "
                    + "and your private key belongs under decryption_key")
        }
        guard let key = leafCertificate?.publicKey ?? publicKeys.first else {
            throw wrongKind(name: name, remedy: "encryption_key wants a public key or a certificate")
        }
        guard publicKeys.count <= 1 else {
            throw OpenSSLError.refused(.wrongKind, "\(name) holds \(contents); leave only the one to encrypt to")
        }
        try Self.requireEncryption(key, setting: "encryption_key", name: name)
        return key
    }

    /// The key that decrypts answers.
    ///
    /// - Parameter name: What to call the file in an error, such as the setting and the file's name.
    /// - Returns: The one private key of the file.
    /// - Throws: ``OpenSSLError`` that says what the file holds instead, or that the key is locked or too weak.
    package func decryptionKey(name: String) throws -> PrivateKey {
        let key = try onlyPrivateKey(
            name: name,
            remedy:
                "decryption_key wants your private key, and a public key or certificate belongs under encryption_key")
        try Self.requireEncryption(key.publicKey, setting: "decryption_key", name: name)
        return key
    }

    /// The one private key of the file.
    func onlyPrivateKey(name: String, remedy: String) throws -> PrivateKey {
        guard !isLocked else { throw OpenSSLError.passwordMissing(name: name) }
        guard let key = privateKeys.first else { throw wrongKind(name: name, remedy: remedy) }
        guard privateKeys.count == 1 else {
            throw OpenSSLError.refused(.wrongKind, "\(name) holds \(contents); leave only the one to use")
        }
        return key
    }

    /// The certificates of a file that should hold nothing but certificates, or a keystore's.
    ///
    /// - Parameter name: What to call the file in an error, such as the setting and the file's name.
    /// - Returns: In the file's order, at least one.
    /// - Throws: ``OpenSSLError`` that says what the file holds instead, or that it needs a password.
    package func certificates(name: String) throws -> [Certificate] {
        let certificates = certificates
        guard !certificates.isEmpty else {
            guard !items.contains(where: \.isLockedKeystore) else { throw OpenSSLError.passwordMissing(name: name) }
            throw wrongKind(name: name, remedy: "a certificate is wanted there")
        }
        return certificates
    }

    /// Of several certificates the one that none of the others was issued by: the first, unless the file begins with an
    /// authority's.
    package var leafCertificate: Certificate? {
        let all = certificates
        return all.first { candidate in
            !all.contains { $0.der != candidate.der && $0.issuer == candidate.subject }
        } ?? all.first
    }

    /// The error for a file that holds something else, which says what to do with that where it is known.
    private func wrongKind(name: String, remedy: String) -> OpenSSLError {
        for case .other(let label) in items {
            guard let form = ForeignFile(label: label) else { continue }
            return OpenSSLError.refused(.wrongKind, "\(name) \(form.clause)")
        }
        return OpenSSLError.refused(.wrongKind, "\(name) holds \(contents); \(remedy)")
    }

    static func requireStrength(_ key: PublicKey, name: String) throws {
        guard key.handle.isStrongEnough else {
            throw OpenSSLError.refused(
                .tooWeak,
                "\(name) holds \(key.kind) of \(key.bits) bits, which is too weak; use RSA of 2048 bits or more")
        }
    }

    private static func requireEncryption(_ key: PublicKey, setting: String, name: String) throws {
        guard key.kind == .rsa else {
            throw OpenSSLError.refused(
                .wrongKind,
                "\(name) holds a key of the kind \(key.kind), which signs and cannot encrypt; "
                    + "\(setting) wants an RSA key of 2048 bits or more")
        }
        try requireStrength(key, name: name)
    }

    /// What the file holds, in words: "a certificate", "one private key and 2 certificates".
    private var contents: String {
        var counts: [(noun: String, count: Int)] = []
        for noun in items.map(\.noun) {
            if let index = counts.firstIndex(where: { $0.noun == noun }) {
                counts[index].count += 1
            } else {
                counts.append((noun, 1))
            }
        }
        let words = counts.map { $0.count == 1 ? "one \($0.noun)" : "\($0.count) \($0.noun)s" }
        return words.isEmpty ? "nothing of use" : words.joined(separator: " and ")
    }
}

extension KeyFile.Item {
    /// What to call it in an error.
    var noun: String {
        switch self {
        case .certificate: "certificate"
        case .publicKey: "public key"
        case .privateKey: "private key"
        case .lockedPrivateKey: "encrypted private key"
        case .lockedKeystore: "encrypted PKCS#12 keystore"
        case .other(let label): label
        }
    }

    var isLockedKeystore: Bool {
        if case .lockedKeystore = self { true } else { false }
    }
}
