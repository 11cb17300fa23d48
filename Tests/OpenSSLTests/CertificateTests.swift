import Basics
import Foundation
import OpenSSL
import Testing

@Suite("Certificates and what a file of keys holds")
struct CertificateTests {
    @Test("A certificate tells whom it is for, by whom, until when, and its two fingerprints")
    func fields() throws {
        let bytes = Fixture.bytes(RSAFixtures.certificate)
        let certificate = try #require(try Certificate.load(bytes, name: "c").first)
        #expect(certificate.subject == "CN=rsa client,O=Example,C=BE")
        #expect(certificate.issuer == certificate.subject)
        #expect(certificate.alternativeNames == ["client.example", "127.0.0.1", "0:0:0:0:0:0:0:1"])
        #expect(certificate.notAfter.timeIntervalSince(certificate.notBefore) == 36_500 * 86_400)
        #expect(certificate.fingerprint == "206245c349a5e2cf44a2a46f0e67a72b61af471cfb2d7a20cee49e9d0a3fddf5")
        #expect(
            certificate.publicKey.fingerprint == "2d152467e8ee6770a7d6effc47d5a5d33fe3a964d48cf6646c66d44d107bb553")
        #expect(try certificate.der == Fixture.der(RSAFixtures.certificate))
        #expect(try certificate.pem() == Fixture.bytes(RSAFixtures.certificate + "\n"))
    }

    @Test("A chain is read in the file's order")
    func chain() throws {
        let bytes = Fixture.bytes(OtherKeyFixtures.ecCertificate + "\n" + RSAFixtures.certificate)
        let subjects = try Certificate.load(bytes, name: "c").map(\.subject)
        #expect(subjects == ["CN=ec client", "CN=rsa client,O=Example,C=BE"])
    }

    @Test("A file without a certificate is refused saying what it holds")
    func noCertificate() throws {
        let error = #expect(throws: OpenSSLError.self) {
            try Certificate.load(Fixture.bytes(RSAFixtures.publicKey), name: "ca_certificates")
        }
        #expect(error?.code == .wrongKind)
        #expect(error?.message == "ca_certificates holds one public key; a certificate is wanted there")
    }

    @Test("A private key matches its own certificate only")
    func matching() throws {
        let rsa = try #require(try Certificate.load(Fixture.bytes(RSAFixtures.certificate), name: "c").first)
        let ec = try #require(try Certificate.load(Fixture.bytes(OtherKeyFixtures.ecCertificate), name: "c").first)
        let key = try PrivateKey.load(Fixture.bytes(RSAFixtures.pkcs1), password: nil, name: "k")
        #expect(rsa.matches(key))
        #expect(!ec.matches(key))
    }

    @Test("A keystore lists key and certificate once it is open, and one locked item before")
    func keystore() throws {
        for text in [KeystoreFixtures.modern, KeystoreFixtures.legacy] {
            let bytes = try Fixture.base64(text)
            let open = try KeyFile(bytes, password: Fixture.password, name: "p12")
            #expect(open.format == .pkcs12)
            #expect(open.items.count == 2)
            let (key, certificate) = (try #require(open.privateKeys.first), try #require(open.certificates.first))
            #expect(certificate.matches(key))
            let locked = try KeyFile(bytes, password: nil, name: "p12")
            #expect(locked.isLocked)
            #expect(locked.items.count == 1)
        }
    }

    @Test("A PEM file lists all it holds, weak and unknown things too")
    func mixed() throws {
        let text = [
            RSAFixtures.certificate, RSAFixtures.publicKey, OtherKeyFixtures.weakRSA, RSAFixtures.encryptedPKCS8,
            RSAFixtures.request, OtherKeyFixtures.ec,
        ].joined(separator: "\n")
        let file = try KeyFile(Fixture.bytes(text), password: nil, name: "mixed")
        #expect(file.format == .pem)
        #expect(file.items.count == 6)
        #expect(file.certificates.count == 1)
        #expect(file.publicKeys.count == 1)
        #expect(file.privateKeys.map(\.bits) == [1024, 256])
        #expect(file.privateKeys.map(\.kind) == [.rsa, .ellipticCurve])
        #expect(file.isLocked)
    }

    @Test("DER of every kind is listed as what it is")
    func der() throws {
        let certificate = try KeyFile(Fixture.der(RSAFixtures.certificate), password: nil, name: "f")
        #expect(certificate.format == .der)
        #expect(certificate.certificates.count == 1)
        #expect(try KeyFile(Fixture.der(RSAFixtures.pkcs1PublicKey), password: nil, name: "f").publicKeys.count == 1)
        #expect(try KeyFile(Fixture.der(OtherKeyFixtures.ecPKCS8), password: nil, name: "f").privateKeys.count == 1)
        #expect(try KeyFile(Fixture.der(OtherKeyFixtures.edwards), password: nil, name: "f").privateKeys.count == 1)
        #expect(try KeyFile(Fixture.der(RSAFixtures.encryptedPKCS8), password: nil, name: "f").isLocked)
    }
}
