import HTTPTransport
import IdentityInsights
import JOSE
import JSON
import OpenSSL
import Testing

@testable import Emulator

@Suite(.serialized) struct EnvelopeTests {
    @Test("a request under a key id that is not the emulator's is refused, speaking of decryption")
    func keyID() async throws {
        let key = try Stage.material.get().keys.requestKey.publicKey
        let token = try JWEEncrypter(publicKey: key, keyID: "unknown").encrypt(Array(SampleRequest.whole().utf8))
        try await expectRefusal(of: JWEEnvelope.wrapping(token), details: "kid")
    }

    @Test("a request to another key under the right key id is refused")
    func anotherKey() async throws {
        let keys = try Stage.material.get().keys
        let token = try JWEEncrypter(
            publicKey: keys.answerKey.publicKey, keyID: keys.requestKey.publicKey.fingerprint
        ).encrypt(Array(SampleRequest.whole().utf8))
        try await expectRefusal(of: JWEEnvelope.wrapping(token), details: "encryptedData")
    }

    @Test("another content encryption than A256GCM is refused")
    func contentEncryption() async throws {
        let key = try Stage.material.get().keys.requestKey.publicKey
        let token = try AnswerEncryption.a128gcm.encrypt(Array(SampleRequest.whole().utf8), to: key)
        try await expectRefusal(of: JWEEnvelope.wrapping(token), details: "enc")
    }

    @Test(
        "a header with a member more or less is refused",
        arguments: [
            (#"{"alg":"RSA-OAEP-256","enc":"A256GCM","cty":"application/json","kid":"KID","iat":1}"#, "header"),
            (#"{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"KID"}"#, "cty"),
            (#"{"alg":"RSA-OAEP","enc":"A256GCM","cty":"application/json","kid":"KID"}"#, "alg"),
        ])
    func header(json: String, details: String) async throws {
        let kid = try Stage.material.get().keys.requestKey.publicKey.fingerprint
        let header = Base64URL.encode(Array(json.replacing("KID", with: kid).utf8))
        let token = header + Array(".AAAA.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA".utf8)
        try await expectRefusal(of: JWEEnvelope.wrapping(token), details: details)
    }

    @Test(
        "a body that is no envelope is refused",
        arguments: [
            "", "{}", "[]", #"{"encryptedData":1}"#, #"{"encryptedData":"a.b"}"#, "nonsense",
            #"{"encryptedData":"a.b.c.d.e","other":1}"#,
        ])
    func noEnvelope(body: String) async throws {
        try await expectRefusal(of: Array(body.utf8), details: "encryptedData")
    }

    @Test("a request larger than any record is refused unread and uncounted")
    func tooLarge() async throws {
        try await Stage.run { emulator, client in
            let exchange = await client.post([UInt8](repeating: UInt8(ascii: " "), count: 2 << 20))
            #expect(exchange.answer.map { $0.status == 413 } ?? true)
            #expect(emulator.calls.total == 0)
        }
    }

    private func expectRefusal(of body: [UInt8], details: String) async throws {
        try await Stage.run { emulator, client in
            let answer = try #require(await client.post(body).answer)
            #expect(answer.status == 400)
            let envelope = try #require(ErrorEnvelope(parsing: answer.body))
            #expect(envelope.mentionsEncryption)
            #expect(envelope.errors.first?.details == details)
            #expect(emulator.calls.total == 1)
            #expect(emulator.calls.byRequest.isEmpty)
        }
    }
}
