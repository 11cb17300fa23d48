import HTTPTransport
import OpenSSL
import TestSupport

/// Makes servers and transports for each other.
enum Loopback {
    /// Runs a test against a server with that script, and stops both afterwards.
    static func run(
        tls change: (inout ServerTLS) throws -> Void = { _ in },
        transport configure: (inout HTTPTransportConfiguration) throws -> Void = { _ in },
        script: @escaping ScriptedServer.Script,
        test: (HTTPTransport, ScriptedServer) async throws -> Void
    ) async throws {
        let pki = try TestPKI.shared()
        var tls = ServerTLS(identity: pki.server)
        try change(&tls)
        let server = try await ScriptedServer(tls, script: script)
        var configuration = try configuration(for: server)
        try configure(&configuration)
        let transport = try HTTPTransport(configuration)
        do {
            try await test(transport, server)
        } catch {
            await stop(transport, server)
            throw error
        }
        await stop(transport, server)
    }

    /// A configuration for that server, with timeouts that no busy machine reaches.
    static func configuration(for server: ScriptedServer) throws -> HTTPTransportConfiguration {
        var configuration = HTTPTransportConfiguration(baseURL: server.baseURL)
        configuration.caPEM = try TestPKI.shared().caPEM()
        configuration.connectTimeout = .seconds(120)
        configuration.requestTimeout = .seconds(240)
        configuration.maximumIdleTime = .seconds(3_600)
        return configuration
    }

    private static func stop(_ transport: HTTPTransport, _ server: ScriptedServer) async {
        await transport.shutDown()
        await server.stop()
    }
}

extension HTTPRequest {
    /// A call as the client makes it.
    static func call(_ body: String = "{}") -> HTTPRequest {
        HTTPRequest(
            method: .post, path: "/openings", headers: [("Content-Type", "application/json")], body: Array(body.utf8))
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
