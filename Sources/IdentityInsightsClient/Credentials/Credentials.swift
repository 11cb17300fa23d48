package import Foundation
import JOSE
import OpenSSL

/// The key material of one endpoint, read and checked: who we are, whom we encrypt to, what we decrypt with.
package struct Credentials: Sendable {
    let identity: ClientIdentity
    let authorities: [UInt8]?
    let encrypter: JWEEncrypter
    let decrypter: JWEDecrypter

    /// The `kid` sent with each request.
    package let keyID: String
    /// What is probably wrong with the configured key id, and what to do; nil: nothing.
    package let warning: String?
    /// SHA-256 of the client certificate's DER form, hex.
    package let certificateFingerprint: String
    /// When the first certificate of the client's chain expires.
    package let certificateEnd: Date

    /// Reads and checks all files.
    ///
    /// - Throws: `CredentialError` that names the setting, the file and the remedy.
    package init(reading files: CredentialFiles) throws(CredentialError) {
        let loader = CredentialLoader(files: files)
        identity = try loader.identity()
        authorities = try loader.authorities()
        let (encryptionKey, id) = try loader.encryptionKey()
        (keyID, warning) = (id.sent, id.warning)
        encrypter = try loader.encrypter(to: encryptionKey, keyID: keyID)
        decrypter = JWEDecrypter(privateKeys: try loader.decryptionKeys())
        certificateFingerprint = identity.chain.first?.fingerprint ?? ""
        certificateEnd = identity.chain.map(\.notAfter).min() ?? .distantPast
    }
}

/// The `kid` that goes with each request.
///
/// Mastercard identifies an encryption key by the SHA-256 of its public key's DER form in lower-case hex
/// (`encryptionKeyFingerprint` of its client-encryption libraries). Portals and `openssl` show it in capitals, with
/// colons or spaces; sent that way, every call would be refused.
struct KeyID: Sendable, Equatable {
    /// What an operator should know about the configured one.
    enum Remark: Sendable, Equatable {
        /// It is the key's own fingerprint, written differently.
        case writtenOtherwise
        /// It is the fingerprint of the certificate that contains the key.
        case ofCertificate
        /// It is neither.
        case ofAnother
    }

    /// As it is sent.
    let sent: String
    /// The key's own fingerprint.
    let fingerprint: String
    let remark: Remark?

    /// The one to send.
    ///
    /// - Parameters:
    ///   - text: `api.encryption_key_id`; nil: the key's own fingerprint.
    ///   - fingerprint: The public key's.
    ///   - certificate: The fingerprint of the certificate that contains the key; nil for a bare key.
    init(_ text: String?, fingerprint: String, certificate: String?) {
        self.fingerprint = fingerprint
        sent = text.map { Self.digits(of: $0) ?? $0 } ?? fingerprint
        switch sent {
        case fingerprint: remark = text == nil || text == fingerprint ? nil : .writtenOtherwise
        case certificate: remark = .ofCertificate
        default: remark = .ofAnother
        }
    }

    /// The 64 lower-case digits of a fingerprint in any notation; nil where the text is not one.
    private static func digits(of text: String) -> String? {
        var rest = text.lowercased()[...]
        // `sha256 Fingerprint=46:D8:…`, as `openssl x509 -fingerprint` prints it; `SHA256:…` as others do.
        for prefix in ["sha256 fingerprint=", "sha256:", "sha-256:"] where rest.hasPrefix(prefix) {
            rest = rest.dropFirst(prefix.count)
        }
        let digits = rest.filter { !":- \t".contains($0) }
        let isHexadecimal = digits.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        return digits.utf8.count == 64 && isHexadecimal ? String(digits) : nil
    }
}

extension KeyID {
    /// The key id as text, with the remark.
    var text: String {
        switch remark {
        case nil: "kid \(sent)"
        case .writtenOtherwise: "kid \(sent) (set in another writing; it is sent so)"
        case .ofCertificate, .ofAnother: "kid \(sent) as set; its fingerprint is \(fingerprint)"
        }
    }

    /// What is probably wrong with the configured one, and what to do.
    var warning: String? {
        guard remark == .ofCertificate else { return nil }
        return "api.encryption_key_id is the fingerprint of the certificate, and the API knows the key by that of the "
            + "public key, \(fingerprint); take the setting out, unless Mastercard told you otherwise"
    }
}

/// Key material that cannot be used: which setting, which file, what is wrong and what to do.
package struct CredentialError: Error, Sendable, CustomStringConvertible {
    /// The setting that names the file, such as `api.decryption_key`.
    package let setting: String
    /// The file as the settings name it.
    package let path: String
    /// One sentence that names the file, says what is wrong and what to do; never key material.
    package let message: String

    /// The setting and the sentence, on one line.
    package var description: String { "\(setting): \(message)" }
}

/// The description of one file of key material, for an operator.
package struct CredentialReport: Sendable {
    /// The setting that names the file.
    package let setting: String
    /// What the file holds, in one line.
    package let summary: String
    /// When what it holds becomes valid; nil for bare keys.
    package let begin: Date?
    /// When what it holds expires; nil for bare keys.
    package let end: Date?
    /// What is wrong with it and what to do; nil where nothing is.
    package let problem: String?
    /// What is probably wrong; nil where nothing is.
    package let warning: String?

    /// Checks every file an endpoint needs, each on its own.
    package static func all(of files: CredentialFiles) -> [CredentialReport] {
        let loader = CredentialLoader(files: files)
        return [
            report("api.client_certificate") { try describe(loader.identity()) },
            report("api.ca_certificates") { try describe(authorities: loader.authorities()) },
            report("api.encryption_key") { try describe(loader.encryptionKey()) },
            report("api.decryption_key") {
                Description(try loader.decryptionKeys().map(describe).joined(separator: "; "))
            },
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
