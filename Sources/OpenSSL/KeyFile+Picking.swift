extension KeyFile {
    /// The key that requests are encrypted to.
    func encryptionKey(name: String) throws -> PublicKey {
        guard !isLocked, privateKeys.isEmpty else {
            throw OpenSSLError.refused(
                .wrongKind,
                "\(name) holds \(contents); encryption_key wants Mastercard's public key or certificate, "
                    + "and your private key belongs under decryption_key")
        }
        guard let key = certificates.first?.publicKey ?? publicKeys.first else {
            throw OpenSSLError.refused(
                .wrongKind, "\(name) holds \(contents); encryption_key wants a public key or a certificate")
        }
        guard publicKeys.count <= 1 else {
            throw OpenSSLError.refused(.wrongKind, "\(name) holds \(contents); leave only the one to encrypt to")
        }
        try Self.requireEncryption(key, setting: "encryption_key", name: name)
        return key
    }

    /// The key that opens answers.
    func decryptionKey(name: String) throws -> PrivateKey {
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
        guard let key = privateKeys.first else {
            throw OpenSSLError.refused(.wrongKind, "\(name) holds \(contents); \(remedy)")
        }
        guard privateKeys.count == 1 else {
            throw OpenSSLError.refused(.wrongKind, "\(name) holds \(contents); leave only the one to use")
        }
        return key
    }

    /// The certificates of a file that should hold nothing but certificates, or a keystore's.
    ///
    /// - Parameter name: What to call the file in an error, such as the setting and the file's name.
    /// - Returns: In the file's order, at least one.
    /// - Throws: ``OpenSSLError`` that says what the file holds instead, or that it wants a password.
    public func certificates(name: String) throws -> [Certificate] {
        let certificates = certificates
        guard !certificates.isEmpty else {
            guard !items.contains(where: \.isLockedKeystore) else { throw OpenSSLError.passwordMissing(name: name) }
            throw OpenSSLError.refused(.wrongKind, "\(name) holds \(contents); a certificate is wanted there")
        }
        return certificates
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
