import OpenSSL

/// A private key, with the files whose certificate belongs to it.
struct KeyMatch: Encodable {
    let privateKey: String
    let certificates: [String]

    private enum CodingKeys: String, CodingKey {
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
