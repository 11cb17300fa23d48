/// What a file of keys and certificates holds: PEM, DER or PKCS#12.
public struct KeyFile: Sendable {
    /// How the file is written.
    public enum Format: String, Sendable {
        /// Armoured text.
        case pem = "PEM"
        /// One bare binary object.
        case der = "DER"
        /// A keystore, also called .p12 or .pfx.
        case pkcs12 = "PKCS#12"
    }

    /// One thing found in the file.
    public enum Item: Sendable {
        /// A certificate.
        case certificate(Certificate)
        /// A public key by itself.
        case publicKey(PublicKey)
        /// A private key.
        case privateKey(PrivateKey)
        /// A private key that is encrypted, and no password was given.
        case lockedPrivateKey
        /// A keystore that is encrypted, and no password was given.
        case lockedKeystore
        /// Something that is of no use here, by the name the file gives it.
        case other(String)
    }

    /// How the file is written.
    public let format: Format
    /// What was found, in the file's order; of a keystore the key first, then its certificate and the chain.
    public let items: [Item]

    /// Reads a file. Keys too weak to use are listed too; the functions that pick a key refuse them.
    ///
    /// - Parameters:
    ///   - bytes: The file's content.
    ///   - password: What opens it; nil where there is none. It is never asked for on a terminal.
    ///   - name: What to call the file in an error, such as the setting and the file's name.
    /// - Throws: ``OpenSSLError`` with ``OpenSSLError/Code/unreadable`` or ``OpenSSLError/Code/wrongPassword``.
    public init(_ bytes: [UInt8], password: String?, name: String) throws {
        let decoder = KeyDecoder(password: password, name: name)
        if DER.isSequence(bytes), PKCS12.isKeystore(bytes) {
            (format, items) = (.pkcs12, try PKCS12.items(in: bytes, password: password, name: name))
        } else if DER.isSequence(bytes) {
            (format, items) = (.der, [try decoder.item(der: bytes)])
        } else if PEM.isLikely(bytes), let blocks = try PEM.blocks(in: bytes), !blocks.isEmpty {
            (format, items) = (.pem, try blocks.compactMap(decoder.item(pem:)))
        } else {
            throw decoder.unreadable
        }
    }

    /// The certificates found.
    public var certificates: [Certificate] {
        items.compactMap { if case .certificate(let certificate) = $0 { certificate } else { nil } }
    }

    /// The private keys found, those that are locked left out.
    public var privateKeys: [PrivateKey] {
        items.compactMap { if case .privateKey(let key) = $0 { key } else { nil } }
    }

    /// The public keys found by themselves, those of certificates and private keys left out.
    public var publicKeys: [PublicKey] {
        items.compactMap { if case .publicKey(let key) = $0 { key } else { nil } }
    }

    /// Whether anything in the file needs a password that was not given.
    public var isLocked: Bool {
        items.contains { item in
            switch item {
            case .lockedKeystore, .lockedPrivateKey: true
            default: false
            }
        }
    }
}
