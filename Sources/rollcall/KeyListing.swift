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

        enum CodingKeys: String, CodingKey, CaseIterable {
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

        enum CodingKeys: String, CodingKey, CaseIterable {
            case type, bits
            case fingerprint = "public_key_sha256"
        }
    }

    let file: String
    let format: String
    let items: [Item]

    enum CodingKeys: CodingKey, CaseIterable { case file, format, items }

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

/// A private key, with the files whose certificate belongs to it.
struct KeyMatch: Encodable {
    let privateKey: String
    let certificates: [String]

    enum CodingKeys: String, CodingKey, CaseIterable {
        case privateKey = "private_key"
        case certificates
    }

    /// What the private keys of files match among the certificates of all of them; nothing where there is no
    /// certificate to match.
    static func all(in opened: [(path: String, file: KeyFile)]) -> [KeyMatch] {
        let certificates = opened.flatMap { path, file in file.certificates.map { (path, $0) } }
        guard !certificates.isEmpty else { return [] }
        return opened.flatMap { path, file in
            file.privateKeys.map { key in
                KeyMatch(privateKey: path, certificates: certificates.filter { $0.1.matches(key) }.map(\.0))
            }
        }
    }

    var text: String {
        certificates.isEmpty
            ? "the private key in \(privateKey) matches no certificate here"
            : "the private key in \(privateKey) matches the certificate in \(certificates.joined(separator: ", "))"
    }
}

/// The fingerprints of the keys in a file, each with its owner: the one that is used first, then the others in the
/// file's order.
struct KeyFingerprints: Encodable {
    /// One key, with the certificate it stands in.
    struct Key: Encodable {
        /// The subject of its certificate; nil for a bare key.
        let owner: String?
        let publicKey: String
        let certificate: String?
        /// Whether it is the one used where the file is named in the settings.
        let isUsed: Bool

        enum CodingKeys: String, CodingKey, CaseIterable {
            case owner
            case publicKey = "public_key_sha256"
            case certificate = "certificate_sha256"
            case isUsed = "used"
        }
    }

    let file: String
    let keys: [Key]
    private let publicKeys: [String]
    private let certificates: [String]

    init(path: String, _ opened: KeyFile) {
        file = path
        let bare = (opened.privateKeys.map(\.publicKey) + opened.publicKeys).map {
            ($0.fingerprint, nil as Certificate?)
        }
        let certified = opened.certificates.map { ($0.publicKey.fingerprint, $0 as Certificate?) }
        // A private key decides; else a certificate comes before a bare key, as where requests are encrypted.
        let used = opened.privateKeys.first?.publicKey.fingerprint ?? (certified + bare).first?.0
        var seen = Set<String>()
        var listed = [Key]()
        for (fingerprint, certificate) in certified + bare where certificate != nil || !seen.contains(fingerprint) {
            seen.insert(fingerprint)
            listed.append(
                Key(
                    owner: certificate?.subject, publicKey: fingerprint, certificate: certificate?.fingerprint,
                    isUsed: fingerprint == used))
        }
        keys = listed.filter(\.isUsed) + listed.filter { !$0.isUsed }
        publicKeys = keys.reduce(into: []) { if !$0.contains($1.publicKey) { $0.append($1.publicKey) } }
        certificates = keys.compactMap(\.certificate)
    }

    /// A line for each fingerprint.
    var lines: [String] {
        keys.flatMap { key -> [String] in
            let owner = key.owner.map { " of \($0)" } ?? ""
            let use = key.isUsed && keys.count > 1 ? ", the one that is used" : ""
            let line = "\(key.publicKey)  SHA-256 of the public key (DER)\(owner)\(use)"
            return [line] + (key.certificate.map { ["\($0)  SHA-256 of the certificate\(owner)"] } ?? [])
        }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case file, keys
        case publicKeys = "public_key_sha256"
        case certificates = "certificate_sha256"
    }
}

/// What the members of the JSON of `keys` and `jwe` hold, for docs/results.md.
enum KeysJSON {
    /// All shapes, in the order of the page.
    static let shapes = [
        JSONReference.Shape("`keys inspect`", KeysInspectCommand.Inspection.self),
        JSONReference.Shape("One of `files`", KeyListing.self),
        JSONReference.Shape("One of `items`", KeyListing.Item.self),
        JSONReference.Shape("`key`", KeyListing.Key.self), JSONReference.Shape("One of `matches`", KeyMatch.self),
        JSONReference.Shape("`keys fingerprint`", KeyFingerprints.self),
        JSONReference.Shape("One of `keys`", KeyFingerprints.Key.self),
        JSONReference.Shape("`jwe inspect`", JWEListing.self),
    ]
}

extension KeysInspectCommand.Inspection: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .files: "the files, in the order given"
        case .matches: "which private key belongs to which certificate; empty where there is no certificate"
        }
    }
}

extension KeyListing: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .file: "its path"
        case .format: "its form"
        case .items: "what is in it"
        }
    }
}

extension KeyListing.Item: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .kind: "`certificate`, `public_key`, `private_key`, `keystore`, or another name"
        case .subject: "of a certificate"
        case .issuer: "of a certificate"
        case .key: "the public half; absent where it cannot be read"
        case .isLocked: "whether it needs a password that was not given"
        case .notBefore: "from when a certificate is valid"
        case .notAfter: "until when"
        case .certificateFingerprint: "SHA-256 of the certificate"
        }
    }
}

extension KeyListing.Key: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .type: "its kind"
        case .bits: "its size"
        case .fingerprint: "SHA-256 of its DER form"
        }
    }
}

extension KeyMatch: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .privateKey: "the file with the private key"
        case .certificates: "the files with its certificate"
        }
    }
}

extension KeyFingerprints: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .file: "its path"
        case .keys: "the keys, the one that is used first"
        case .publicKeys: "SHA-256 of each key's DER form"
        case .certificates: "SHA-256 of each certificate"
        }
    }
}

extension KeyFingerprints.Key: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .owner: "the subject of its certificate; absent for a bare key"
        case .publicKey: "SHA-256 of its DER form"
        case .certificate: "SHA-256 of its certificate"
        case .isUsed: "whether it is the one used where the settings name the file"
        }
    }
}

extension JWEListing: DescribedJSON {
    static func about(_ member: Member) -> String {
        switch member {
        case .header: "the protected header as the token has it"
        case .opened: "whether the key of `--key` opens it; absent without one"
        case .encryptedKey: "size of the encrypted key"
        case .initializationVector: "size of the initialization vector"
        case .ciphertext: "size of the ciphertext"
        case .tag: "size of the tag"
        }
    }
}
