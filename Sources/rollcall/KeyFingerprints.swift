import OpenSSL

/// The fingerprints of the keys in a file, each with whose it is: the one that is used first, then the others in the
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

        private enum CodingKeys: String, CodingKey {
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

    /// Lists the keys of a file.
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

    private enum CodingKeys: String, CodingKey {
        case file, keys
        case publicKeys = "public_key_sha256"
        case certificates = "certificate_sha256"
    }
}
