import Foundation
import OpenSSL
import Testing

@testable import IdentityInsightsClient

@Suite("The causes that keys which can be read will not work")
struct CredentialRulesTests {
    typealias Facts = CredentialFacts
    private static let now = Date(timeIntervalSince1970: 1_769_896_800)
    private static let day = 86_400.0
    private static let hex = (0..<8).map { String(repeating: "0\($0)", count: 32) }

    private static func certificate(
        _ setting: String, _ subject: String, key: String, begin: Double = -1, end: Double = 300,
        purposes: [CertificateUse.Purpose]? = nil, isAuthority: Bool = false
    ) -> Facts.CertificateFacts {
        Facts.CertificateFacts(
            dated: DatedKey(
                setting: setting, subject: subject, fingerprint: "\(subject)'s", begin: now + begin * day,
                end: now + end * day),
            issuer: "CN=CA", key: key, use: CertificateUse(purposes: purposes, isAuthority: isAuthority))
    }

    private static func client(
        key: String = hex[0], begin: Double = -1, end: Double = 300, purposes: [CertificateUse.Purpose]? = [.clientAuth]
    ) -> Facts.CertificateFacts {
        certificate(
            CredentialSetting.clientCertificate, "CN=client", key: key, begin: begin, end: end, purposes: purposes)
    }

    private static func authority(_ name: String, end: Double = 300) -> Facts.CertificateFacts {
        certificate(CredentialSetting.caCertificates, name, key: name, end: end, isAuthority: true)
    }

    /// Nothing is wrong with these.
    private static let good = Facts(
        client: [client()], clientKey: hex[0], authorities: [authority("CN=CA")], encryptionKey: hex[1],
        encryptionCertificate: certificate(CredentialSetting.encryptionKey, "CN=Mastercard", key: hex[1]),
        keyID: nil, decryption: [.init(path: "/k/decryption.pem", key: hex[2])],
        paths: [
            CredentialSetting.clientCertificate: "/k/client.pem", CredentialSetting.encryptionKey: "/k/encryption.pem",
        ],
        baseURL: "https://127.0.0.1:8443/identity/accounts")

    private static func faults(_ change: (inout Facts) -> Void) -> [CredentialFault] {
        var facts = good
        change(&facts)
        return CredentialRules(facts: facts, now: now).faults
    }

    @Test("Good keys have no fault, nor has nothing at all")
    func none() {
        #expect(Self.faults { _ in } == [])
        #expect(CredentialRules(facts: CredentialFacts(), now: Self.now).faults == [])
    }

    @Test("Dates: each certificate by itself, and an expired authority beside a valid one does no harm")
    func dates() {
        let expired = Self.client(end: -1)
        #expect(Self.faults { $0.client = [expired] } == [.expired(expired.dated)])
        let soon = Self.client(end: 9)
        #expect(Self.faults { $0.client = [soon] } == [.ending(soon.dated, days: 9)])
        let future = Self.client(begin: 2)
        #expect(Self.faults { $0.client = [future] } == [.notYetValid(future.dated, seconds: 2 * Self.day)])
        let old = Self.authority("CN=Old", end: -5)
        #expect(Self.faults { $0.authorities.append(old) } == [.authorityExpired(old.dated)])
        #expect(Self.faults { $0.authorities = [old] } == [.expired(old.dated)])
        let keystore = Self.certificate(CredentialSetting.decryptionKey, "CN=answers", key: Self.hex[2], end: -1)
        #expect(Self.faults { $0.decryption[0].certificates = [keystore] } == [.expired(keystore.dated)])
    }

    @Test("The client certificate: purpose, usage, authority, issuer and signature")
    func client() {
        #expect(Self.faults { $0.client = [Self.client(purposes: [.serverAuth])] } == [.purposes([.serverAuth])])
        #expect(Self.faults { $0.client = [Self.client(purposes: [])] } == [.purposes([])])
        #expect(Self.faults { $0.client = [Self.client(purposes: nil)] } == [])
        #expect(Self.faults { $0.client = [Self.client(purposes: [.any])] } == [])
        #expect(Self.faults { $0.client[0].isSelfSigned = true } == [.selfSigned])
        #expect(Self.faults { $0.client[0].use = .init(purposes: nil, isAuthority: true) } == [.authority])
        #expect(Self.faults { $0.client[0].use = .init(purposes: nil, allowsSigning: false) } == [.mayNotSign])
        #expect(Self.faults { $0.client[0].use = .init(purposes: nil, signatureStrength: 63) } == [.weaklySigned])
    }

    @Test("Pairs: the first explanation of a key in the wrong place, and no other")
    func pairs() {
        let swapped = Self.faults {
            ($0.client, $0.encryptionCertificate) = (
                [Self.client(key: Self.hex[1])],
                Self.certificate(CredentialSetting.encryptionKey, "CN=client", key: Self.hex[0])
            )
            $0.encryptionKey = Self.hex[0]
        }
        #expect(swapped == [.certificateSwappedWithEncryptionKey])
        let keys = Self.faults { ($0.clientKey, $0.decryption[0].key) = (Self.hex[2], Self.hex[0]) }
        #expect(keys == [.clientKeySwappedWithDecryptionKey])
        #expect(Self.faults { $0.clientKey = Self.hex[5] } == [.keyOfAnotherCertificate])
        #expect(Self.faults { $0.encryptionKey = Self.hex[2] } == [.encryptionKeyIsOwn])
        #expect(Self.faults { $0.encryptionKey = Self.hex[0] } == [.encryptionKeyIsClients])
        let same = Self.faults { $0.decryption[0].key = Self.hex[0] }
        #expect(same == [.decryptionKeyIsClients(path: "/k/decryption.pem")])
        let twice = Self.faults { $0.decryption.append(.init(path: "/k/copy.pem", key: Self.hex[2])) }
        #expect(twice == [.decryptionKeyTwice(path: "/k/copy.pem")])
        #expect(
            Self.faults { $0.authorities = [Self.certificate(CredentialSetting.caCertificates, "x", key: "x")] } == [
                .noAuthority
            ])
    }

    @Test(
        "The key's id: of what else it is",
        arguments: [
            (hex[1], []), (hex[1].uppercased(), []), ("my-key", []),
            (hex[2], [.keyIDOfOwnKey(right: hex[1])]), (hex[6], [.keyIDOfAnotherKey(right: hex[1])]),
            (String(hex[6].prefix(40)), [.keyIDInSHA1(right: hex[1])]),
        ] as [(String, [CredentialFault])])
    func keyID(text: String, expected: [CredentialFault]) {
        #expect(Self.faults { $0.keyID = text } == expected)
    }

    @Test(
        "The address: its environment against the names of files and subjects, and its form",
        arguments: [
            ("https://idv.mastercard.com/identity/accounts", "/sandbox/client.pem", []),
            ("https://idv.mastercard.com/identity/accounts", "/k/client-sandbox.pem", ["sandbox"]),
            ("https://sandbox.idv.mastercard.com/identity/accounts", "/k/client_prod.pem", ["production"]),
            ("https://sandbox.idv.mastercard.com/identity/accounts", "/k/product.pem", []),
            ("https://sandbox.idv.mastercard.com/identity/accounts", "/k/production-sandbox.pem", []),
            ("https://127.0.0.1:8443/identity/accounts", "/k/client-sandbox.pem", []),
            ("https://idv.mastercard.eu/identity/accounts/openings", "/k/c.pem", ["addressOfResource"]),
            ("https://idv.mastercard.asia", "/k/c.pem", ["addressWithoutPath"]),
            ("https://api.mastercard.com/identity/accounts", "/k/c.pem", ["unknownAddress"]),
            ("https://idv.mastercard.de/identity/accounts", "/k/c.pem", ["unknownAddress"]),
            ("https://notmastercard.com/identity", "/k/c.pem", []),
        ])
    func address(base: String, path: String, expected: [String]) {
        let faults = Self.faults { ($0.baseURL, $0.paths[CredentialSetting.clientCertificate]) = (base, path) }
        let names = faults.map { fault in
            if case .otherEnvironment(_, let says, _) = fault { says } else { "\(fault)" }
        }
        #expect(names == expected)
    }

    @Test("Each fault has one sentence with its remedy, and the setting to change")
    func texts() {
        let key = Self.client().dated
        let all: [CredentialFault] = [
            .expired(key), .notYetValid(key, seconds: 60), .notYetValid(key, seconds: 1_000_000), .ending(key, days: 0),
            .ending(key, days: 1), .authorityExpired(key), .purposes([]), .mayNotSign, .authority, .selfSigned,
            .weaklySigned, .certificateSwappedWithEncryptionKey, .clientKeySwappedWithDecryptionKey,
            .keyOfAnotherCertificate, .encryptionKeyIsOwn, .encryptionKeyIsClients, .decryptionKeyIsClients(path: "p"),
            .decryptionCertificateIsForClients(path: "p"), .decryptionKeyTwice(path: "p"), .noAuthority,
            .keyIDOfCertificate(right: "r"), .keyIDOfOwnKey(right: "r"), .keyIDInSHA1(right: "r"),
            .keyIDOfAnotherKey(right: "r"), .otherEnvironment(setting: "api.x", says: "a", is: "b"), .unknownAddress,
            .addressOfResource, .addressWithoutPath,
        ]
        for fault in all {
            #expect(fault.text.contains(": ") || fault.text.contains("; "), "\(fault)")
            #expect(fault.setting.hasPrefix("api."))
        }
        #expect(Set(all.map(\.text)).count == all.count)
    }
}
