import Foundation
import OpenSSL

/// Names the causes that key material which can be read will not work, or not for long. Pure: values in, values out.
struct CredentialRules {
    let facts: CredentialFacts
    let now: Date

    /// Everything that is wrong, each cause once.
    var faults: [CredentialFault] {
        [dates, client, pairs, decryption, authorities, keyID, environment, address].flatMap(\.self)
    }

    /// Each certificate on its own, but for authorities: an expired one beside valid ones does no harm.
    private var dates: [CredentialFault] {
        let hasValidAuthority = facts.authorities.contains { $0.dated.end > now }
        return facts.datedKeys.compactMap { key -> CredentialFault? in
            switch key.validity(at: now) {
            case .current: nil
            case .ending(let days): .ending(key, days: days)
            case .future(let seconds): .notYetValid(key, seconds: seconds)
            case .expired where key.setting == CredentialSetting.caCertificates && hasValidAuthority:
                .authorityExpired(key)
            case .expired: .expired(key)
            }
        }
    }

    private var client: [CredentialFault] {
        guard let leaf = facts.clientLeaf, pairs.isEmpty else { return [] }
        if leaf.use.isAuthority { return [.authority] }
        if leaf.isSelfSigned { return [.selfSigned] }
        var faults: [CredentialFault] = []
        if !leaf.use.allowsClients { faults.append(.purposes(leaf.use.purposes ?? [])) }
        if !leaf.use.allowsSigning { faults.append(.mayNotSign) }
        if !leaf.use.isStronglySigned { faults.append(.weaklySigned) }
        return faults
    }

    /// Whether each key stands where it belongs: the first explanation that fits.
    private var pairs: [CredentialFault] {
        if let key = facts.clientKey, !facts.client.isEmpty, !facts.client.contains(where: { $0.key == key }) {
            if facts.encryptionCertificate?.key == key { return [.certificateSwappedWithEncryptionKey] }
            let isDecryptions = facts.decryption.contains { other in facts.client.contains { $0.key == other.key } }
            return [isDecryptions ? .clientKeySwappedWithDecryptionKey : .keyOfAnotherCertificate]
        }
        guard let encryptionKey = facts.encryptionKey else { return [] }
        if facts.decryption.contains(where: { $0.key == encryptionKey }) { return [.encryptionKeyIsOwn] }
        return encryptionKey == facts.clientKey ? [.encryptionKeyIsClients] : []
    }

    private var decryption: [CredentialFault] {
        guard pairs.isEmpty else { return [] }
        var seen = Set<String>()
        return facts.decryption.compactMap { file -> CredentialFault? in
            if !seen.insert(file.key).inserted { return .decryptionKeyTwice(path: file.path) }
            if file.key == facts.clientKey { return .decryptionKeyIsClients(path: file.path) }
            let isForClients = file.certificates.contains { $0.use.purposes?.contains(.clientAuth) ?? false }
            return isForClients ? .decryptionCertificateIsForClients(path: file.path) : nil
        }
    }

    private var authorities: [CredentialFault] {
        let hasAuthority = facts.authorities.contains { $0.use.isAuthority || $0.isSelfSigned }
        return facts.authorities.isEmpty || hasAuthority ? [] : [.noAuthority]
    }

    private var keyID: [CredentialFault] {
        guard let text = facts.keyID, let right = facts.encryptionKey, pairs.isEmpty else { return [] }
        let id = KeyID(text, fingerprint: right, certificate: facts.encryptionCertificate?.dated.fingerprint)
        switch id.remark {
        case nil, .writtenOtherwise: return []
        case .ofCertificate: return [.keyIDOfCertificate(right: right)]
        case .ofAnother:
            if facts.decryption.contains(where: { $0.key == id.sent }) { return [.keyIDOfOwnKey(right: right)] }
            switch KeyID.digitCount(of: text) {
            case 40: return [.keyIDInSHA1(right: right)]
            case 64: return [.keyIDOfAnotherKey(right: right)]
            default: return []
            }
        }
    }
}

extension CredentialRules {
    /// What the names of files and certificates tell of the environment they are for; the keys themselves tell nothing.
    private var environment: [CredentialFault] {
        guard let environment = MastercardAddress(facts.baseURL)?.environment else { return [] }
        let other = environment == "sandbox" ? "production" : "sandbox"
        let named: [(setting: String, names: [String])] = [
            (
                CredentialSetting.clientCertificate,
                [facts.paths[CredentialSetting.clientCertificate], facts.clientLeaf?.dated.subject].compactMap(\.self)
            ),
            (
                CredentialSetting.encryptionKey,
                [facts.paths[CredentialSetting.encryptionKey], facts.encryptionCertificate?.dated.subject]
                    .compactMap(\.self)
            ),
            (CredentialSetting.decryptionKey, facts.decryption.map(\.path)),
        ]
        return named.compactMap { setting, names -> CredentialFault? in
            let words = Set(names.flatMap(Self.words))
            let saysOther = words.contains(other) || other == "production" && words.contains("prod")
            guard saysOther, !words.contains(environment) else { return nil }
            return .otherEnvironment(setting: setting, says: other, is: environment)
        }
    }

    /// The words of a file's own name, without its folders, or of a subject.
    private static func words(_ name: String) -> [String] {
        let own = name.hasPrefix("/") ? name.split(separator: "/").last.map(String.init) ?? name : name
        return own.lowercased().split { !$0.isLetter }.map(String.init)
    }

    private var address: [CredentialFault] {
        if facts.baseURL.hasSuffix("/openings") { return [.addressOfResource] }
        guard let address = MastercardAddress(facts.baseURL) else { return [] }
        guard address.environment != nil else { return [.unknownAddress] }
        return address.path == "/identity/accounts" ? [] : [.addressWithoutPath]
    }
}

/// A base URL at Mastercard (api-basics, 'Environments': `https://[sandbox.]idv.mastercard.{com|eu|asia}/identity/accounts`).
private struct MastercardAddress {
    /// `sandbox` or `production`; nil for a host that is none of the six.
    let environment: String?
    let path: String

    /// Nil for a host that is not Mastercard's.
    init?(_ baseURL: String) {
        guard let parts = URLComponents(string: baseURL), let host = parts.host?.lowercased(),
            let match = host.wholeMatch(of: /(.*\.)?mastercard\.([a-z.]+)/)
        else { return nil }
        let isKnown = ["com", "eu", "asia"].contains(match.output.2)
        environment =
            switch match.output.1 {
            case "idv." where isKnown: "production"
            case "sandbox.idv." where isKnown: "sandbox"
            default: nil
            }
        path = parts.path
    }
}

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
