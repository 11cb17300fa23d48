import Foundation
import HTTPTransport
import OpenSSL
import TestSupport
import Testing

@Suite struct CertificateTests {
    @Test func aServerWithTheWrongNameIsRefused() async throws {
        let authority = try TestPKI.shared().authority
        let other = try TestPKI.issueServer(authority, dnsNames: ["example.com"], ipAddresses: ["127.0.0.2"])
        try await expectServerRefused(other)
    }

    @Test func aServerWhoseCertificateExpiredIsRefused() async throws {
        let authority = try TestPKI.shared().authority
        try await expectServerRefused(try TestPKI.issueServer(authority, notAfter: .now - 3600))
    }

    @Test func aServerOfAnotherAuthorityIsRefused() async throws {
        try await expectServerRefused(try TestPKI(commonName: "Another CA").server)
    }

    @Test func withoutAnAuthorityOfItsOwnTheSystemsAreTrustedAndNotTheTests() async throws {
        try await Loopback.run(
            transport: { $0.caPEM = nil }, script: { _ in .answer() },
            test: { transport, server in
                let failure = try #require(await transport.send(.call()).failure)
                #expect(failure.kind == .serverCertificate)
                #expect(!failure.mayHaveLeft)
                #expect(server.requests.isEmpty)
            })
    }

    private func expectServerRefused(_ identity: ClientIdentity) async throws {
        try await Loopback.run(
            tls: { $0.identity = identity }, script: { _ in .answer() },
            test: { transport, server in
                let failure = try #require(await transport.send(.call()).failure)
                #expect(failure.kind == .serverCertificate)
                #expect(!failure.mayHaveLeft)
                #expect(failure.tlsAlert == nil)
                #expect(server.requests.isEmpty)
            })
    }

    @Test(arguments: ServerTLS.Version.allCases, [false, true])
    func aClientCertificateRefusedIsSaidSoEvenAfterTheRequestLeft(
        version: ServerTLS.Version, ofAnotherAuthority: Bool
    ) async throws {
        let pki = try TestPKI.shared()
        let other = ofAnotherAuthority ? try TestPKI(commonName: "Another CA").client : nil
        try await Loopback.run(
            tls: {
                $0.clientAuthority = pki.authority
                $0.version = version
            },
            transport: { $0.identity = other },
            script: { _ in .answer() },
            test: { transport, server in
                for size in [2, 2000, 100_000, 2, 2000, 100_000] {
                    let body = String(repeating: "x", count: size)
                    let failure = try #require(await transport.send(.call(body)).failure)
                    #expect(failure.kind == .certificateRefused)
                    #expect(failure.tlsAlert != nil)
                }
                #expect(server.requests.isEmpty)
            })
    }

    @Test(arguments: ServerTLS.Version.allCases)
    func anExpiredClientCertificateIsRefused(version: ServerTLS.Version) async throws {
        let pki = try TestPKI.shared()
        let expired = try pki.authority.issue(
            commonName: "client", dnsNames: [], ipAddresses: [], client: true, notBefore: .now - 86400,
            notAfter: .now - 3600)
        try await Loopback.run(
            tls: {
                $0.clientAuthority = pki.authority
                $0.version = version
            },
            transport: { $0.identity = expired },
            script: { _ in .answer() },
            test: { transport, server in
                let failure = try #require(await transport.send(.call()).failure)
                #expect(failure.kind == .certificateRefused)
                #expect(server.requests.isEmpty)
            })
    }
}
