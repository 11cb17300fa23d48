import Basics
import Foundation
import OpenSSL
import Testing

@Suite("The client's identity")
struct ClientIdentityTests {
    @Test("A certificate and its key are taken, as PEM and as DER")
    func pair() throws {
        for (certificate, key) in [
            (Fixture.bytes(RSAFixtures.certificate), Fixture.bytes(RSAFixtures.pkcs8)),
            (try Fixture.der(RSAFixtures.certificate), try Fixture.der(RSAFixtures.pkcs1)),
            (Fixture.bytes(OtherKeyFixtures.ecCertificate), Fixture.bytes(OtherKeyFixtures.ec)),
        ] {
            let identity = try load(certificate, key)
            #expect(identity.chain.count == 1)
            #expect(try #require(identity.chain.first).matches(identity.key))
            // What libcurl is given is read back as the same pair.
            let again = try load(identity.chainPEM(), identity.keyPEM())
            #expect(again.chain.first?.der == identity.chain.first?.der)
        }
    }

    @Test("An encrypted key opens with its password, and its absence or a wrong one is an error naming the key")
    func encryptedKey() throws {
        let certificate = Fixture.bytes(RSAFixtures.certificate)
        let key = Fixture.bytes(RSAFixtures.encryptedPKCS8)
        #expect(try load(certificate, key, password: Fixture.password).key.bits == 2048)
        for (password, code) in [(nil, OpenSSLError.Code.passwordMissing), ("wrong", .wrongPassword)] {
            let error = #expect(throws: OpenSSLError.self) { try load(certificate, key, password: password) }
            #expect(error?.code == code)
            #expect(error?.message.hasPrefix("client_key ") == true)
        }
    }

    @Test("A keystore holds both; its password is wanted by the certificate's name")
    func keystore() throws {
        for text in [KeystoreFixtures.modern, KeystoreFixtures.legacy] {
            let bytes = try Fixture.base64(text)
            #expect(try load(bytes, nil, password: Fixture.password).chain.count == 1)
            for (password, code) in [(nil, OpenSSLError.Code.passwordMissing), ("wrong", .wrongPassword)] {
                let error = #expect(throws: OpenSSLError.self) { try load(bytes, nil, password: password) }
                #expect(error?.code == code)
                #expect(error?.message.hasPrefix("client_certificate ") == true)
            }
        }
    }

    @Test("One PEM file may hold both")
    func combinedPEM() throws {
        let bytes = Fixture.bytes(RSAFixtures.certificate + "\n" + RSAFixtures.pkcs8)
        #expect(try load(bytes, nil).chain.count == 1)
    }

    @Test("Files in each other's place, keys of others, and weak keys are refused")
    func refusals() throws {
        let (certificate, key) = (Fixture.bytes(RSAFixtures.certificate), Fixture.bytes(RSAFixtures.pkcs8))
        let weak = try KeyFile(Fixture.bytes(OtherKeyFixtures.weakRSA), password: nil, name: "w")
        let table: [([UInt8], [UInt8]?, OpenSSLError.Code, String)] = [
            (key, certificate, .wrongKind, "client_certificate holds one private key"),
            (certificate, certificate, .wrongKind, "client_key holds one certificate"),
            (certificate, nil, .wrongKind, "client_certificate holds one certificate"),
            (certificate, Fixture.bytes(OtherKeyFixtures.ec), .mismatch, "client_key does not belong to"),
            (certificate, try #require(weak.privateKeys.first).pem(), .tooWeak, "client_key holds RSA of 1024 bits"),
        ]
        for (certificate, key, code, beginning) in table {
            let error = #expect(throws: OpenSSLError.self) { try load(certificate, key) }
            #expect(error?.code == code)
            #expect(error?.message.hasPrefix(beginning) == true)
        }
    }

    @Test("The client's certificate comes first and its issuers follow, whatever the file's order")
    func order() throws {
        let authority = try CertificateAuthority(commonName: "Test CA")
        let identity = try authority.issue(
            commonName: "client", dnsNames: [], ipAddresses: [], client: true, notBefore: Date(),
            notAfter: Date().addingTimeInterval(60))
        let unrelated = Fixture.bytes(RSAFixtures.certificate)
        let file = try unrelated + [0x0a] + authority.certificate.pem() + identity.chainPEM()
        let subjects = try load(file, identity.keyPEM()).chain.map(\.subject)
        #expect(subjects == ["CN=client", "CN=Test CA", "CN=rsa client,O=Example,C=BE"])
    }

    private func load(
        _ certificate: [UInt8], _ key: [UInt8]?, password: String? = nil
    ) throws -> ClientIdentity {
        try ClientIdentity.load(
            certificate: certificate, certificateName: "client_certificate", key: key, keyName: "client_key",
            password: password)
    }
}
