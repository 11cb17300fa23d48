import Basics
import Foundation
import OpenSSL
import Testing

@Suite("The throwaway authority")
struct CertificateAuthorityTests {
    private let authority: CertificateAuthority
    private let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded())

    init() throws {
        authority = try CertificateAuthority(commonName: "Tests, with \"marks\" = and é")
    }

    @Test("Its own certificate is self-signed and valid now")
    func ownCertificate() {
        #expect(authority.certificate.subject == authority.certificate.issuer)
        #expect(authority.certificate.subject.hasSuffix("é"))
        #expect(authority.certificate.notBefore < now)
        #expect(authority.certificate.notAfter > now)
    }

    @Test("A certificate holds the names asked for, its issuer, and exactly the validity asked for")
    func issued() throws {
        let identity = try authority.issue(
            commonName: "server", dnsNames: ["localhost", "a.example"], ipAddresses: ["127.0.0.1", "::1"],
            client: false, notBefore: now.addingTimeInterval(-7200), notAfter: now.addingTimeInterval(-3600))
        let certificate = try #require(identity.chain.first)
        #expect(identity.chain.count == 1)
        #expect(certificate.issuer == authority.certificate.subject)
        #expect(certificate.alternativeNames == ["localhost", "a.example", "127.0.0.1", "0:0:0:0:0:0:0:1"])
        #expect(certificate.notBefore == now.addingTimeInterval(-7200))
        #expect(certificate.notAfter == now.addingTimeInterval(-3600))
        #expect(certificate.matches(identity.key))
    }

    @Test("A validity beyond 2049 is written too")
    func farFuture() throws {
        let identity = try issueClient(notAfter: Date(timeIntervalSince1970: 4_000_000_000))
        #expect(identity.chain.first?.notAfter == Date(timeIntervalSince1970: 4_000_000_000))
    }

    @Test("An address that is none is refused")
    func wrongAddress() {
        #expect(throws: OpenSSLError.self) {
            try authority.issue(
                commonName: "x", dnsNames: [], ipAddresses: ["not an address"], client: true, notBefore: now,
                notAfter: now)
        }
    }

    @Test("A keystore opens with its password and holds the same pair", arguments: [false, true])
    func keystore(legacyRC2: Bool) throws {
        let identity = try issueClient(notAfter: now.addingTimeInterval(60))
        let bytes = try authority.pkcs12(identity, password: "pässword", legacyRC2: legacyRC2)
        let again = try ClientIdentity.load(
            certificate: bytes, certificateName: "p12", key: nil, keyName: nil, password: "pässword")
        #expect(again.chain.map(\.der) == identity.chain.map(\.der))
        #expect(try again.keyPEM() == identity.keyPEM())
        let error = #expect(throws: OpenSSLError.self) {
            try ClientIdentity.load(
                certificate: bytes, certificateName: "p12", key: nil, keyName: nil, password: "password")
        }
        #expect(error?.code == .wrongPassword)
        // The object identifier of pbeWithSHA1And40BitRC2-CBC (RFC 7292 appendix C).
        let rc2: [UInt8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x06]
        #expect(bytes.contains(rc2) == legacyRC2)
    }

    private func issueClient(notAfter: Date) throws -> ClientIdentity {
        try authority.issue(
            commonName: "client", dnsNames: [], ipAddresses: [], client: true, notBefore: now, notAfter: notAfter)
    }
}
