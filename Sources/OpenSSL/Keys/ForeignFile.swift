import COpenSSL

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
