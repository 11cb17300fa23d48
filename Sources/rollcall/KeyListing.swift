import Foundation
import OpenSSL
import Operations

/// A key file as `keys inspect --json` prints it.
struct KeyListing: Encodable {
    /// One thing found in the file.
    struct Item: Encodable {
        let kind: String
        var isLocked = false
        var subject: String?
        var issuer: String?
        var notBefore: String?
        var notAfter: String?
        var certificateFingerprint: String?
        var key: Key?

        private enum CodingKeys: String, CodingKey {
            case kind, subject, issuer, key
            case isLocked = "locked"
            case notBefore = "not_before"
            case notAfter = "not_after"
            case certificateFingerprint = "certificate_sha256"
        }
    }

    /// The public half of a key.
    struct Key: Encodable {
        let type: String
        let bits: Int
        let fingerprint: String

        private enum CodingKeys: String, CodingKey {
            case type, bits
            case fingerprint = "public_key_sha256"
        }
    }

    let file: String
    let format: String
    let items: [Item]

    init(path: String, _ file: KeyFile) {
        self.file = path
        format = file.format.rawValue
        items = file.items.map(Item.init)
    }
}

extension KeyListing.Item {
    init(_ item: KeyFile.Item) {
        switch item {
        case .certificate(let certificate): self.init(certificate)
        case .publicKey(let key): self.init(kind: "public_key", key: KeyListing.Key(key))
        case .privateKey(let key): self.init(kind: "private_key", key: KeyListing.Key(key.publicKey))
        case .lockedPrivateKey: self.init(kind: "private_key", isLocked: true)
        case .lockedKeystore: self.init(kind: "keystore", isLocked: true)
        case .other(let name): self.init(kind: name)
        }
    }

    private init(_ certificate: Certificate) {
        self.init(
            kind: "certificate", subject: certificate.subject, issuer: certificate.issuer,
            notBefore: JSONTime.text(certificate.notBefore), notAfter: JSONTime.text(certificate.notAfter),
            certificateFingerprint: certificate.fingerprint, key: KeyListing.Key(certificate.publicKey))
    }
}

extension KeyListing.Key {
    init(_ key: PublicKey) {
        self.init(type: "\(key.kind)", bits: key.bits, fingerprint: key.fingerprint)
    }
}
