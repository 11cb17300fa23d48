public import Foundation
internal import OpenSSL

/// What there is to say about one file of key material, for a person.
public struct CredentialReport: Sendable {
    /// The setting that names the file.
    public let setting: String
    /// What the file holds, in one line.
    public let summary: String
    /// When what it holds becomes valid; nil for bare keys.
    public let begin: Date?
    /// When what it holds ends; nil for bare keys.
    public let end: Date?
    /// What is wrong with it and what to do; nil where nothing is.
    public let problem: String?

    /// Looks at every file an endpoint needs, each for itself.
    public static func all(of files: CredentialFiles) -> [CredentialReport] {
        let loader = CredentialLoader(files: files)
        return [
            report("api.client_certificate") { try describe(loader.identity()) },
            report("api.ca_certificates") { try describe(authorities: loader.authorities()) },
            report("api.encryption_key") { try describe(loader.encryptionKey(), keyID: files.encryptionKeyID) },
            report("api.decryption_key") { (try describe(loader.decryptionKey()), nil, nil) },
        ]
    }

    private typealias Description = (summary: String, begin: Date?, end: Date?)

    private static func report(_ setting: String, _ describe: () throws -> Description) -> CredentialReport {
        do {
            let found = try describe()
            return CredentialReport(
                setting: setting, summary: found.summary, begin: found.begin, end: found.end, problem: nil)
        } catch let error as CredentialError {
            return CredentialReport(
                setting: error.setting, summary: error.path, begin: nil, end: nil,
                problem: "\(error.path): \(error.message)")
        } catch {
            return CredentialReport(setting: setting, summary: "", begin: nil, end: nil, problem: "\(error)")
        }
    }

    private static func describe(_ identity: ClientIdentity) -> Description {
        let subject = identity.chain.first?.subject ?? "no certificate"
        return (
            "\(subject), its key fits", identity.chain.map(\.notBefore).max(), identity.chain.map(\.notAfter).min()
        )
    }

    private static func describe(authorities: [UInt8]?) throws -> Description {
        guard let authorities else { return ("the system's", nil, nil) }
        let certificates = try Certificate.load(authorities, name: "api.ca_certificates")
        let subjects = certificates.map(\.subject).joined(separator: "; ")
        return (subjects, certificates.map(\.notBefore).max(), certificates.map(\.notAfter).min())
    }

    private static func describe(_ key: PublicKey, keyID: String?) -> Description {
        let fingerprint = key.fingerprint
        guard let keyID, keyID != fingerprint else { return ("RSA \(key.bits), kid \(fingerprint)", nil, nil) }
        return ("RSA \(key.bits), kid \(keyID) as set; its fingerprint is \(fingerprint)", nil, nil)
    }

    private static func describe(_ key: PrivateKey) -> String {
        "RSA \(key.bits), fingerprint \(key.publicKey.fingerprint)"
    }
}
