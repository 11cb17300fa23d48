import COpenSSL

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

/// A file that is no key or certificate in a form that can be read here, as far as its first bytes tell what it is
/// instead. A pure rule over the file's content.
package enum ForeignFile: Sendable, Equatable, CaseIterable {
    /// Nothing but white space.
    case blank
    /// A Java keystore, JKS or JCEKS.
    case javaKeystore
    /// A private key as `ssh-keygen` writes it.
    case sshPrivateKey
    /// A public key as `ssh-keygen` writes it.
    case sshPublicKey
    /// A private key of PuTTY.
    case puttyKey
    /// A JSON Web Key or a set of them.
    case jsonWebKey
    /// Other JSON, such as the settings of another client.
    case json
    /// A PKCS#7 or CMS bundle of certificates.
    case pkcs7
    /// A request to certify a key.
    case certificateRequest
    /// A list of revoked certificates.
    case revocationList
    /// A key of OpenPGP.
    case openPGP
    /// PEM whose line breaks are lost.
    case flattenedPEM
    /// PEM without its last line.
    case truncatedPEM
    /// PEM whose lines are there and whose content is not sound.
    case damagedPEM
    /// The content of PEM without the lines around it.
    case bareBase64
    /// Text in UTF-16, as some editors save it.
    case utf16
    /// A web page, or other XML.
    case webPage
    /// A ZIP or gzip archive.
    case archive

    /// What a file is; nil where its bytes tell nothing.
    package init?(_ bytes: [UInt8]) {
        let recognised = Self.byMagic(bytes) ?? Self.byDER(bytes) ?? Self.byText(bytes)
        guard let recognised else { return nil }
        self = recognised
    }

    /// What a block of PEM with this label is, upper or lower case; nil for others.
    package init?(label: String) {
        switch label.uppercased() {
        case "OPENSSH PRIVATE KEY": self = .sshPrivateKey
        case "SSH2 PUBLIC KEY": self = .sshPublicKey
        case "PKCS7", "CMS", "PKCS #7 SIGNED DATA": self = .pkcs7
        case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST": self = .certificateRequest
        case "X509 CRL": self = .revocationList
        case let label where label.hasPrefix("PGP "): self = .openPGP
        default: return nil
        }
    }

    private static func byMagic(_ bytes: [UInt8]) -> Self? {
        let magics: [([UInt8], Self)] = [
            ([0xFE, 0xED, 0xFE, 0xED], .javaKeystore), ([0xCE, 0xCE, 0xCE, 0xCE], .javaKeystore),
            ([0xFF, 0xFE], .utf16), ([0xFE, 0xFF], .utf16), ([0x50, 0x4B, 0x03, 0x04], .archive),
            ([0x1F, 0x8B], .archive),
        ]
        if let found = magics.first(where: { bytes.starts(with: $0.0) }) { return found.1 }
        // ASCII in UTF-16 without a mark: every other byte is zero.
        let isWide =
            bytes.count > 7
            && [0, 1].contains { offset in
                stride(from: offset, to: 8, by: 2).allSatisfy { bytes[$0] == 0 }
            }
        return isWide ? .utf16 : nil
    }

    /// A signed-data object begins with its identifier (RFC 5652 §3); a request is tried as one (RFC 2986).
    private static func byDER(_ bytes: [UInt8]) -> Self? {
        guard DER.isSequence(bytes) else { return nil }
        let signedData: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02]
        if bytes.prefix(24).firstRange(of: signedData) != nil { return .pkcs7 }
        return bytes.withUnsafeBufferPointer { bytes in
            if let request = DER.decode(bytes, { d2i_X509_REQ(nil, $0, $1) }) {
                X509_REQ_free(request)
                return .certificateRequest
            }
            if let list = DER.decode(bytes, { d2i_X509_CRL(nil, $0, $1) }) {
                X509_CRL_free(list)
                return .revocationList
            }
            return nil
        }
    }
}

extension ForeignFile {
    private static func byText(_ bytes: [UInt8]) -> Self? {
        guard let whole = String(validating: bytes, as: UTF8.self) else { return nil }
        let text = whole.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        if text.isEmpty { return .blank }
        for (beginning, form) in beginnings where text.hasPrefix(beginning) { return form }
        if text.hasPrefix("{") || text.hasPrefix("[") { return text.contains("\"kty\"") ? .jsonWebKey : .json }
        if text.contains("-----BEGIN ") { return brokenPEM(text) }
        return isBase64OfDER(text) ? .bareBase64 : nil
    }

    private static let beginnings: [(String, Self)] = [
        ("PuTTY-User-Key-File", .puttyKey), ("ssh-rsa ", .sshPublicKey), ("ssh-ed25519 ", .sshPublicKey),
        ("ecdsa-sha2-", .sshPublicKey), ("---- BEGIN SSH2 PUBLIC KEY", .sshPublicKey), ("<", .webPage),
    ]

    /// What is wrong with PEM that OpenSSL does not read: RFC 7468 §3 wants the lines of the markers to stand alone.
    private static func brokenPEM(_ text: Substring) -> Self {
        if let label = text.firstMatch(of: /-----BEGIN ([A-Z0-9# ]+)-----/)?.output.1,
            let form = Self(label: String(label))
        {
            return form
        }
        guard text.contains("-----END ") else { return .truncatedPEM }
        let hasLiteralBreaks = text.contains("-----\\n") || text.contains("-----\\r")
        let isAlone = text.split(whereSeparator: \.isNewline).contains {
            $0.wholeMatch(of: /\s*-----BEGIN [A-Z0-9# ]+-----\s*/) != nil
        }
        return isAlone && !hasLiteralBreaks ? .damagedPEM : .flattenedPEM
    }

    private static func isBase64OfDER(_ text: Substring) -> Bool {
        // A SEQUENCE with a length of two bytes, as every key and certificate is: 30 82 in base64.
        guard text.hasPrefix("MII") else { return false }
        return text.allSatisfy { $0.isWhitespace || $0.isASCII && ($0.isLetter || $0.isNumber || "+/=".contains($0)) }
    }

    /// What it is and what to do, as a clause that follows the file's name.
    package var clause: String {
        switch self {
        case .blank: "holds nothing but blanks; put the key or certificate there"
        case .javaKeystore:
            "is a Java keystore; convert it: keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 "
                + "-deststoretype pkcs12"
        case .sshPrivateKey: "is a private key in OpenSSH's form; convert a copy: ssh-keygen -p -m PKCS8 -f COPY"
        case .sshPublicKey: "is a public key in OpenSSH's form; convert it: ssh-keygen -e -m PKCS8 -f FILE"
        case .puttyKey: "is a key of PuTTY; export it with puttygen as an OpenSSH key and convert that to PKCS#8"
        case .jsonWebKey: "is a JSON Web Key; take the PEM or PKCS#12 file that the portal offers instead"
        case .json: "is JSON; give the key or certificate itself, as PEM, DER or PKCS#12"
        case .pkcs7:
            "is a PKCS#7 bundle; take the certificates out: openssl pkcs7 -print_certs -in FILE (with -inform DER "
                + "for a binary one)"
        case .certificateRequest:
            "is a certificate request, which the portal gets; give the certificate that it returns for it"
        case .revocationList: "is a list of revoked certificates; give the certificate or key itself"
        case .openPGP: "is a key of OpenPGP, which the API does not use; give the file that the portal offers"
        case .flattenedPEM:
            "has lost its line breaks, as happens in forms and variables; put each ----- line on a line of its own, or "
                + "copy the file itself"
        case .truncatedPEM: "is cut off: its -----END line is missing; copy it again"
        case .damagedPEM: "is damaged between its ----- lines; copy it again, whole and unchanged"
        case .bareBase64:
            "is base64 without its -----BEGIN and -----END lines; take the file as it was given out, with them"
        case .utf16: "is text in UTF-16; save it as plain ASCII or UTF-8"
        case .webPage: "is a web page and no key; sign in to the portal and download the file again"
        case .archive: "is an archive; unpack it and give the file in it"
        }
    }
}
