import Emulator
import Foundation
import HTTPTransport
import OpenSSL
import Testing

@Suite(.serialized) struct MutualTLSTests {
    @Test("a client without a certificate is refused in the handshake")
    func missing() async throws {
        try await Stage.run(transport: { $0.identity = nil }) { emulator, client in
            let failure = try await client.call(SampleRequest.whole()).failure
            #expect(failure?.kind == .certificateRefused)
            #expect(emulator.calls.total == 0)
        }
    }

    @Test("a client of another authority is refused in the handshake")
    func stranger() async throws {
        let stranger = try identity(of: CertificateAuthority(commonName: "Another CA"))
        try await Stage.run(transport: { $0.identity = stranger }) { emulator, client in
            let failure = try await client.call(SampleRequest.whole()).failure
            #expect(failure?.kind == .certificateRefused)
            #expect(emulator.calls.total == 0)
        }
    }

    @Test("an expired certificate is refused in the handshake")
    func expired() async throws {
        let expired = try identity(of: Stage.material.get().authority, notAfter: .now - 60)
        try await Stage.run(transport: { $0.identity = expired }) { emulator, client in
            let failure = try await client.call(SampleRequest.whole()).failure
            #expect(failure?.kind == .certificateRefused)
            #expect(emulator.calls.total == 0)
        }
    }

    @Test("another certificate of the same authority is let in")
    func sibling() async throws {
        let sibling = try identity(of: Stage.material.get().authority)
        try await Stage.run(transport: { $0.identity = sibling }) { _, client in
            let answer = try await client.call(SampleRequest.whole()).answer
            #expect(answer?.status == 200)
        }
    }

    @Test("with the knob a missing or wrong certificate is answered 400 in HTML, as nginx does")
    func pages() async throws {
        let stranger = try identity(of: CertificateAuthority(commonName: "Another CA"))
        for (identity, text) in [
            (nil, "No required SSL certificate was sent"), (stranger, "The SSL certificate error"),
        ] {
            try await Stage.run(
                emulator: { $0.answersCertificateErrors = true }, transport: { $0.identity = identity }
            ) { emulator, client in
                let answer = try #require(try await client.call(SampleRequest.whole()).answer)
                #expect(answer.status == 400)
                #expect(String(decoding: answer.body, as: UTF8.self).contains(text))
                #expect(emulator.calls.byFault == ["certificate": 1])
            }
        }
    }

    @Test("with the knob the client's own certificate is let in")
    func ownWithKnob() async throws {
        try await Stage.run(emulator: { $0.answersCertificateErrors = true }) { _, client in
            let answer = try await client.call(SampleRequest.whole()).answer
            #expect(answer?.status == 200)
        }
    }

    @Test("with the knob it is let in again when the TLS session is resumed on a new connection")
    func resumedWithKnob() async throws {
        try await Stage.run(
            emulator: { $0.answersCertificateErrors = true }, transport: { $0.maximumConnections = 1 }
        ) { _, client in
            for _ in 0..<3 {
                let answer = try await client.call(SampleRequest.whole()).answer
                #expect(answer?.status == 200)
                let failure = try await client.call(SampleRequest.whole(email: "iia+close@example.com")).failure
                #expect(failure?.kind == .reset)
            }
        }
    }

    private func identity(
        of authority: CertificateAuthority, notAfter: Date = .now + 86_400
    ) throws -> ClientIdentity {
        try authority.issue(
            commonName: "client", dnsNames: [], ipAddresses: [], client: true, notBefore: .now - 86_400,
            notAfter: notAfter)
    }
}
