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
    /// What is probably wrong; nil where nothing is.
    public let warning: String?

    /// Looks at every file an endpoint needs, each for itself.
    public static func all(of files: CredentialFiles) -> [CredentialReport] {
        let loader = CredentialLoader(files: files)
        return [
            report("api.client_certificate") { try describe(loader.identity()) },
            report("api.ca_certificates") { try describe(authorities: loader.authorities()) },
            report("api.encryption_key") { try describe(loader.encryptionKey()) },
            report("api.decryption_key") { Description(try describe(loader.decryptionKey())) },
        ]
    }

    private struct Description {
        let summary: String
        var begin: Date?
        var end: Date?
        var warning: String?

        init(_ summary: String, begin: Date? = nil, end: Date? = nil, warning: String? = nil) {
            (self.summary, self.begin, self.end, self.warning) = (summary, begin, end, warning)
        }
    }

    private static func report(_ setting: String, _ describe: () throws -> Description) -> CredentialReport {
        do {
            let found = try describe()
            return CredentialReport(
                setting: setting, summary: found.summary, begin: found.begin, end: found.end, problem: nil,
                warning: found.warning)
        } catch let error as CredentialError {
            return CredentialReport(
                setting: error.setting, summary: error.path, begin: nil, end: nil, problem: error.message,
                warning: nil)
        } catch {
            return CredentialReport(
                setting: setting, summary: "", begin: nil, end: nil, problem: "\(error)", warning: nil)
        }
    }

    private static func describe(_ identity: ClientIdentity) -> Description {
        let subject = identity.chain.first?.subject ?? "no certificate"
        return Description(
            "\(subject), its key fits", begin: identity.chain.map(\.notBefore).max(),
            end: identity.chain.map(\.notAfter).min())
    }

    private static func describe(authorities: [UInt8]?) throws -> Description {
        guard let authorities else { return Description("the system's") }
        let certificates = try Certificate.load(authorities, name: "api.ca_certificates")
        let subjects = certificates.map(\.subject).joined(separator: "; ")
        return Description(
            subjects, begin: certificates.map(\.notBefore).max(), end: certificates.map(\.notAfter).min())
    }

    private static func describe(_ encryption: (key: PublicKey, id: KeyID)) -> Description {
        Description("RSA \(encryption.key.bits), \(encryption.id.text)", warning: encryption.id.warning)
    }

    private static func describe(_ key: PrivateKey) -> String {
        "RSA \(key.bits), fingerprint \(key.publicKey.fingerprint)"
    }
}
