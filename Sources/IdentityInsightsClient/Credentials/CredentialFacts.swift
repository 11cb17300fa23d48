import Foundation
import OpenSSL

/// What the files of one endpoint's keys hold, without the keys: the values that `CredentialRules` judges.
///
/// A file that cannot be read leaves its facts empty; its own check says why.
struct CredentialFacts: Sendable, Equatable {
    /// One certificate.
    struct CertificateFacts: Sendable, Equatable {
        var dated: DatedKey
        var issuer: String
        /// The fingerprint of the key it certifies.
        var key: String
        var use: CertificateUse
        var isSelfSigned = false
    }

    /// One file under `api.decryption_key`.
    struct DecryptionFacts: Sendable, Equatable {
        var path: String
        var key: String
        /// The certificates of that key, as a keystore has them.
        var certificates: [CertificateFacts] = []
    }

    /// The certificates under `api.client_certificate`, in the file's order.
    var client: [CertificateFacts] = []
    /// The fingerprint of the key under `api.client_key`, or in the keystore.
    var clientKey: String?
    /// Those under `api.ca_certificates`.
    var authorities: [CertificateFacts] = []
    /// The fingerprint of the key that requests are encrypted to.
    var encryptionKey: String?
    /// Its certificate, where the file has one.
    var encryptionCertificate: CertificateFacts?
    /// `api.encryption_key_id`, as it is set.
    var keyID: String?
    var decryption: [DecryptionFacts] = []
    /// The files by the setting that names them.
    var paths: [String: String] = [:]
    var baseURL = ""
}

extension CredentialFacts {
    /// Reads what can be read.
    init(_ files: CredentialFiles, baseURL: String) {
        self.baseURL = baseURL
        keyID = files.encryptionKeyID
        paths = [
            CredentialSetting.clientCertificate: files.clientCertificate,
            CredentialSetting.encryptionKey: files.encryptionKey,
        ]
        let certificate = Self.file(files.clientCertificate, files.clientKeyPassword)
        let key = files.clientKey.map { Self.file($0, files.clientKeyPassword) } ?? certificate
        client = certificate?.certificates.map { CertificateFacts($0, CredentialSetting.clientCertificate) } ?? []
        clientKey = key?.privateKeys.first?.publicKey.fingerprint
        authorities =
            files.caCertificates.flatMap { Self.file($0, nil) }?.certificates
            .map { CertificateFacts($0, CredentialSetting.caCertificates) } ?? []
        let encryption = Self.file(files.encryptionKey, nil)
        let leaf = encryption?.leafCertificate
        encryptionCertificate = leaf.map { CertificateFacts($0, CredentialSetting.encryptionKey) }
        encryptionKey = leaf?.publicKey.fingerprint ?? encryption?.publicKeys.first?.fingerprint
        decryption = files.decryptionKeys.compactMap(Self.decryption)
    }

    private static func decryption(_ named: CredentialFiles.DecryptionKey) -> DecryptionFacts? {
        guard let file = file(named.path, named.password), let key = file.privateKeys.first else { return nil }
        let certificates = file.certificates.filter { $0.matches(key) }
        return DecryptionFacts(
            path: named.path, key: key.publicKey.fingerprint,
            certificates: certificates.map { CertificateFacts($0, CredentialSetting.decryptionKey) })
    }

    private static func file(_ path: String, _ password: String?) -> KeyFile? {
        // What is wrong with a file is found, and said, when it is loaded.
        guard let bytes = try? CredentialFile(setting: "", path: path).read(mustBePrivate: false) else { return nil }
        return try? KeyFile(bytes, password: password, name: path)
    }

    /// Everything that has a date.
    var datedKeys: [DatedKey] {
        (client + authorities + [encryptionCertificate].compactMap(\.self) + decryption.flatMap(\.certificates))
            .map(\.dated)
    }

    /// The certificate that is shown to the API: the client key's.
    var clientLeaf: CertificateFacts? { client.first { $0.key == clientKey } ?? client.first }
}

extension CredentialFacts.CertificateFacts {
    init(_ certificate: Certificate, _ setting: String) {
        self.init(
            dated: DatedKey(certificate, setting: setting), issuer: certificate.issuer,
            key: certificate.publicKey.fingerprint, use: certificate.use, isSelfSigned: certificate.isSelfSigned)
    }
}

/// The names of the settings that name key files.
enum CredentialSetting {
    static let clientCertificate = "api.client_certificate"
    static let clientKey = "api.client_key"
    static let caCertificates = "api.ca_certificates"
    static let encryptionKey = "api.encryption_key"
    static let encryptionKeyID = "api.encryption_key_id"
    static let decryptionKey = "api.decryption_key"
    static let baseURL = "api.base_url"
}
