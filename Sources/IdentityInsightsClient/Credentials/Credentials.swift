package import Foundation
import JOSE
import OpenSSL

/// The key material of one endpoint, read and checked: who we are, whom we encrypt to, what we decrypt with.
package struct Credentials: Sendable {
    let identity: ClientIdentity
    /// PEM, one after the other; nil for the system's.
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
    /// Every certificate under one of the settings.
    package let datedKeys: [DatedKey]
    /// Who issued the client certificate, where the file holds neither that authority nor another: a server that does
    /// not know it refuses the certificate.
    package let missingIssuer: String?

    /// Reads and checks all files.
    ///
    /// - Throws: `CredentialError` that names the setting, the file and the remedy.
    package init(reading files: CredentialFiles) throws(CredentialError) {
        let loader = CredentialLoader(files: files)
        identity = try loader.identity()
        let authorities = try loader.authorities()
        let (encryptionKey, id, encryptionCertificate) = try loader.encryptionKey()
        let decryptionKeys = try loader.decryptionKeys()
        (keyID, warning) = (id.sent, id.warning)
        encrypter = try loader.encrypter(to: encryptionKey, keyID: keyID)
        decrypter = JWEDecrypter(privateKeys: decryptionKeys.map(\.key))
        certificateFingerprint = identity.chain.first?.fingerprint ?? ""
        certificateEnd = identity.chain.map(\.notAfter).min() ?? .distantPast
        self.authorities = try loader.pem(of: authorities)
        datedKeys =
            DatedKey.all(identity.chain, under: CredentialSetting.clientCertificate)
            + DatedKey.all(authorities ?? [], under: CredentialSetting.caCertificates)
            + DatedKey.all([encryptionCertificate].compactMap(\.self), under: CredentialSetting.encryptionKey)
            + DatedKey.all(decryptionKeys.flatMap(\.certificates), under: CredentialSetting.decryptionKey)
        let leaf = identity.chain.first
        missingIssuer = identity.chain.count == 1 && leaf?.isSelfSigned == false ? leaf?.issuer : nil
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
        hexadecimal(text).flatMap { $0.utf8.count == 64 ? $0 : nil }
    }

    /// How many digits a fingerprint in any notation has, 40 for SHA-1; 0 where the text is not one.
    static func digitCount(of text: String) -> Int { hexadecimal(text)?.utf8.count ?? 0 }

    private static func hexadecimal(_ text: String) -> String? {
        var rest = text.lowercased()[...]
        // `sha256 Fingerprint=46:D8:…`, as `openssl x509 -fingerprint` prints it; `SHA256:…` as others do.
        for prefix in ["sha256 fingerprint=", "sha1 fingerprint=", "sha256:", "sha-256:", "0x"]
        where rest.hasPrefix(prefix) {
            rest = rest.dropFirst(prefix.count)
        }
        let digits = rest.filter { !":- \t".contains($0) }
        let isHexadecimal = digits.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        return isHexadecimal ? String(digits) : nil
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
        return "\(CredentialSetting.encryptionKeyID): \(CredentialFault.keyIDOfCertificate(right: fingerprint).text)"
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
    /// Whether a key and a certificate, each good by itself, do not belong together.
    var isMismatch = false

    /// The setting and the sentence, on one line.
    package var description: String { "\(setting): \(message)" }
}
