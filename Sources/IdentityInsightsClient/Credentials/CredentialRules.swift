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
