import Emulator
import HTTPTransport
import JOSE
import JSON
import OpenSSL

/// A client of a running emulator, as the product's own would be: mutual TLS and JWE.
struct TestClient: Sendable {
    let transport: HTTPTransport
    let encrypter: JWEEncrypter
    let decrypter: JWEDecrypter

    /// Sends a record's request and waits for what comes back.
    func call(_ request: String) async throws -> HTTPExchange {
        try await post(JWEEnvelope.wrapping(encrypter.encrypt(Array(request.utf8))))
    }

    /// Sends a body as it is.
    func post(_ body: [UInt8]) async -> HTTPExchange {
        await transport.send(
            HTTPRequest(
                method: .post, path: "/openings", headers: [("Content-Type", "application/json")], body: body))
    }

    /// The decrypted insights of an answer.
    func insights(of answer: HTTPAnswer) throws -> JSONDocument {
        let token = JWEEnvelope.token(in: answer.body) ?? []
        return try JSONDocument(parsing: decrypter.decrypt(token))
    }
}

/// Runs an emulator and a client for it, and stops both afterwards.
enum Stage {
    /// Throwaway material, made once per process because RSA keys take their time.
    static let material = Result { () throws -> (authority: CertificateAuthority, keys: EmulatorMaterial) in
        let authority = try CertificateAuthority(commonName: "Emulator Test CA")
        return (authority, try EmulatorMaterial.generate(authority: authority))
    }

    static func run(
        emulator configure: (inout EmulatorConfiguration) -> Void = { _ in },
        transport change: @Sendable (inout HTTPTransportConfiguration) throws -> Void = { _ in },
        _ test: @Sendable (Emulator, TestClient) async throws -> Void
    ) async throws {
        let keys = try material.get().keys
        var configuration = EmulatorConfiguration()
        configuration.port = 0
        configure(&configuration)
        try await Emulator.withRunning(configuration, material: keys) { emulator, port in
            var settings = HTTPTransportConfiguration(baseURL: "https://127.0.0.1:\(port)/identity/accounts")
            settings.identity = keys.client
            settings.caPEM = try keys.authority.pem()
            // Far beyond what a busy machine needs: no test waits for a timeout.
            settings.connectTimeout = .seconds(120)
            settings.requestTimeout = .seconds(300)
            try change(&settings)
            let client = TestClient(
                transport: try HTTPTransport(settings),
                encrypter: try JWEEncrypter(
                    publicKey: keys.requestKey.publicKey, keyID: keys.requestKey.publicKey.fingerprint),
                decrypter: JWEDecrypter(privateKey: keys.answerKey))
            do {
                try await test(emulator, client)
            } catch {
                await client.transport.shutDown()
                throw error
            }
            await client.transport.shutDown()
        }
    }
}

extension HTTPExchange {
    /// The answer, nil on a failure.
    var answer: HTTPAnswer? {
        if case .answered(let answer) = self { answer } else { nil }
    }

    /// The failure, nil on an answer.
    var failure: HTTPFailure? {
        if case .failed(let failure) = self { failure } else { nil }
    }
}
