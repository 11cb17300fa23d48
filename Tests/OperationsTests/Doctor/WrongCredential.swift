import Foundation
import TestSupport
import Testing

@testable import Operations

/// One way in which keys are wrong, or only look so, and what the doctor has to say.
struct WrongCredential: Sendable, CustomTestStringConvertible {
    let name: String
    var testDescription: String { name }
    /// The setting under which it stands.
    let check: String
    let level: Finding.Level
    /// Parts of the sentence: the cause and the remedy.
    let says: [String]
    let spoil: @Sendable (inout CredentialSite) throws -> Void

    init(
        _ name: String, _ check: String, _ level: Finding.Level = .failure, _ says: String...,
        spoil: @escaping @Sendable (inout CredentialSite) throws -> Void
    ) {
        (self.name, self.check, self.level, self.says, self.spoil) = (name, check, level, says, spoil)
    }

    static let all: [WrongCredential] = [
        dates, certificates, places, keys, passwords, files, foreign, ids, addresses,
    ].flatMap(\.self)
}

extension WrongCredential {
    private static let client = "api.client_certificate"
    private static let clientKey = "api.client_key"
    private static let authorities = "api.ca_certificates"
    private static let encryption = "api.encryption_key"
    private static let decryption = "api.decryption_key"
    private static let day = 86_400.0

    private static let dates = [
        WrongCredential("expired", client, .failure, "CN=client expired on", "get a new one from the portal") {
            try $0.useClient { $0.end = .now - day }
        },
        WrongCredential("not yet valid", client, .failure, "is not valid before", "use the present one until then") {
            try $0.useClient { $0.begin = .now + 40 * day }
        },
        WrongCredential("not yet valid, by minutes", client, .failure, "for another 5 minutes", "clock", "(NTP)") {
            try $0.useClient { $0.begin = .now + 290 }
        },
        WrongCredential("ends soon", client, .warning, "CN=client ends in 20 days, on 2", "renew it in time") {
            try $0.useClient { $0.end = .now + 20.5 * day }
        },
        WrongCredential("issuer expired", client, .failure, "CN=Old Issuing CA expired on", "get a new one") {
            var profile = MadeCertificate.Profile.authority("Old Issuing CA")
            profile.end = .now - day
            let issuer = try MadeCertificate(profile, by: $0.good.authority)
            try $0.useClient(MadeCertificate(.init("client"), by: issuer), chain: [issuer])
        },
        WrongCredential("encryption certificate expired", encryption, .failure, "CN=Mastercard expired on") {
            var profile = MadeCertificate.Profile("Mastercard", purposes: nil)
            profile.end = .now - day
            try $0.write(
                MadeCertificate(profile, key: $0.good.encryption.key, by: $0.good.authority).pem(), "encryption.pem")
        },
        WrongCredential("decryption keystore expired", decryption, .failure, "CN=answers expired on") {
            var profile = MadeCertificate.Profile("answers", purposes: nil)
            profile.end = .now - day
            let store = try MadeCertificate(profile, key: $0.good.decryption).pkcs12(password: Array("open".utf8))
            try $0.write(store, "decryption.pem")
            $0.settings["decryption_key_password"] = "open"
        },
        WrongCredential("decryption keystore ends soon", decryption, .warning, "CN=answers ends in 3 days") {
            var profile = MadeCertificate.Profile("answers", purposes: nil)
            profile.end = .now + 3.5 * day
            let store = try MadeCertificate(profile, key: $0.good.decryption).pkcs12(password: Array("open".utf8))
            try $0.write(store, "decryption.pem")
            $0.settings["decryption_key_password"] = "open"
        },
        WrongCredential("one authority of two expired", authorities, .warning, "CN=Old Root expired on", "take it out")
        {
            var profile = MadeCertificate.Profile.authority("Old Root")
            profile.end = .now - day
            try $0.write($0.good.authority.pem() + MadeCertificate(profile).pem(), "ca.pem")
        },
    ]

    private static let certificates = [
        WrongCredential(
            "serverAuth only", client, .failure, "not for clients of TLS (clientAuth)", "but for serverAuth"
        ) {
            try $0.useClient { $0.purposes = "serverAuth" }
        },
        WrongCredential(
            "no clientAuth", client, .failure, "(clientAuth) but for emailProtection, codeSigning", "the portal"
        ) {
            try $0.useClient { $0.purposes = "emailProtection,codeSigning" }
        },
        WrongCredential("no digitalSignature", client, .failure, "has no digitalSignature", "issued again") {
            try $0.useClient { $0.usage = "critical,keyEncipherment" }
        },
        WrongCredential("authority's certificate", client, .failure, "an authority's certificate", "your own key") {
            try $0.useClient($0.good.intermediate)
        },
        WrongCredential("self-signed", client, .failure, "is self-signed", "send a certificate request to the portal") {
            try $0.useClient(MadeCertificate(.init("client")))
        },
        WrongCredential("signed with SHA-1", client, .failure, "too weak for TLS (SHA-1 or older)", "SHA-256") {
            try $0.useClient { $0.isSHA1 = true }
        },
        WrongCredential(
            "chain missing", "connection", .failure, "was issued by CN=Test Issuing CA, which its file does not hold",
            "append the certificates that came with yours"
        ) {
            try $0.useClient(MadeCertificate(.init("client"), by: $0.good.intermediate))
        },
        WrongCredential("chain in wrong order", client, .fine, "CN=client, its key fits (sent in the right order") {
            try $0.useClient(MadeCertificate(.init("client"), by: $0.good.intermediate))
            let leaf = try Data(contentsOf: URL(filePath: $0.path("client.pem")))
            try $0.write($0.good.authority.pem() + $0.good.intermediate.pem() + Array(leaf), "client.pem")
        },
        WrongCredential(
            "another authority's", "connection", .failure, "refuses the client certificate", "registered in the portal"
        ) {
            try $0.useClient(MadeCertificate(.init("client"), by: MadeCertificate(.authority("Elsewhere"))))
        },
        WrongCredential("no authority among the authorities", authorities, .warning, "none of them is an authority's") {
            try $0.write($0.good.server.pem(), "ca.pem")
        },
    ]

    private static let places = [
        WrongCredential(
            "client and encryption certificates swapped", client, .failure,
            "api.client_key fits the certificate under api.encryption_key", "exchange the files of the two"
        ) {
            try $0.write($0.good.encryption.pem(), "client.pem")
            try $0.write($0.good.client.pem(), "encryption.pem")
        },
        WrongCredential(
            "client and decryption keys swapped", client, .failure, "the key under api.decryption_key fits it",
            "exchange the files of the two"
        ) {
            try $0.write($0.good.decryption.pem(), "client.key")
            try $0.write($0.good.client.key.pem(), "decryption.pem")
        },
        WrongCredential(
            "key of another certificate", client, .failure, "the key of another certificate", "keys inspect"
        ) {
            try $0.write(MadeKey.rsa().pem(), "client.key")
        },
        WrongCredential(
            "own public key to encrypt to", encryption, .failure, "public half of your own api.decryption_key",
            "give Mastercard's"
        ) {
            try $0.write($0.good.decryption.publicPEM(), "encryption.pem")
        },
        WrongCredential(
            "client certificate to encrypt to", encryption, .failure, "your own client certificate's",
            "give Mastercard's"
        ) {
            try $0.write($0.good.client.pem(), "encryption.pem")
        },
        WrongCredential(
            "client key to decrypt with", decryption, .warning, "is the client certificate's key", "in the portal"
        ) {
            try $0.write($0.good.client.key.pem(), "decryption.pem")
        },
        WrongCredential(
            "client keystore to decrypt with", decryption, .warning, "holds a certificate for clients of TLS",
            "in the portal"
        ) {
            try $0.write(MadeCertificate(.init("other")).pkcs12(password: Array("open".utf8)), "decryption.pem")
            $0.settings["decryption_key_password"] = "open"
        },
        WrongCredential(
            "the same decryption key twice", decryption, .warning, "stands in the list before", "take it out"
        ) {
            $0.settings["decryption_key"] = "[decryption.pem, ./decryption.pem]"
        },
        WrongCredential(
            "public where private belongs", decryption, .failure, "one public key", "wants your private key"
        ) {
            try $0.write($0.good.decryption.publicPEM(), "decryption.pem")
        },
        WrongCredential(
            "private where public belongs", encryption, .failure, "one private key", "belongs under decryption_key"
        ) {
            try $0.write($0.good.encryption.key.pem(), "encryption.pem")
        },
        WrongCredential(
            "certificate where its key belongs", clientKey, .failure, "one certificate",
            "the private key that belongs to"
        ) {
            try $0.write($0.good.client.pem(), "client.key")
        },
        WrongCredential("two keys in a file", decryption, .failure, "2 private keys", "leave only the one") {
            try $0.write($0.good.decryption.pem() + $0.good.client.key.pem(), "decryption.pem")
        },
        WrongCredential("authority first under encryption_key", encryption, .fine, "RSA 2048, kid ") {
            try $0.write($0.good.authority.pem() + $0.good.encryption.pem(), "encryption.pem")
            let right = try KeyFingerprint.of($0.good.encryption.key.publicDER())
            $0.settings["encryption_key_id"] = right
        },
    ]

    private static let keys = [
        WrongCredential(
            "RSA of 1024 bits, client", clientKey, .failure, "RSA of 1024 bits, which is too weak", "2048 bits"
        ) {
            try $0.useClient(MadeCertificate(.init("client"), key: .rsa(bits: 1024), by: $0.good.authority))
        },
        WrongCredential("RSA of 1024 bits, encryption", encryption, .failure, "RSA of 1024 bits", "2048 bits") {
            try $0.write(MadeKey.rsa(bits: 1024).publicPEM(), "encryption.pem")
        },
        WrongCredential("RSA of 1024 bits, decryption", decryption, .failure, "RSA of 1024 bits", "2048 bits") {
            try $0.write(MadeKey.rsa(bits: 1024).pem(), "decryption.pem")
        },
        WrongCredential("EC to decrypt with", decryption, .failure, "of the kind EC", "cannot encrypt", "an RSA key") {
            try $0.write(MadeKey.ellipticCurve().pem(), "decryption.pem")
        },
        WrongCredential("EC to encrypt to", encryption, .failure, "of the kind EC", "cannot encrypt", "an RSA key") {
            try $0.write(MadeKey.ellipticCurve().publicPEM(), "encryption.pem")
        },
    ]
}
