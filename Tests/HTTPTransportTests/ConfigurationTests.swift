import Basics
import Foundation
import OpenSSL
import TestSupport
import Testing

@testable import HTTPTransport

@Suite struct ConfigurationTests {
    @Test(arguments: [
        "http://127.0.0.1", "ftp://example.com", "example.com", "", "https://", "https://user:word@example.com",
        "https://example.com/?a=b", "https://example.com/#part", "https://exa mple.com",
    ])
    func aBaseURLOfAnotherFormIsRefusedWithoutQuotingIt(text: String) throws {
        let error = try #require(throws: HTTPTransportError.self) {
            try HTTPTransport(HTTPTransportConfiguration(baseURL: text))
        }
        #expect(error.code == .baseURL)
        #expect(!error.message.contains("word"))
    }

    @Test(arguments: ["", "ftp://proxy", "127.0.0.1:3128"])
    func aProxyOfAnotherFormIsRefused(text: String) throws {
        var configuration = HTTPTransportConfiguration(baseURL: "https://example.com")
        configuration.proxy = text
        let error = try #require(throws: HTTPTransportError.self) { try HTTPTransport(configuration) }
        #expect(error.code == .proxy)
    }

    @Test func aSlashAtTheBaseURLsEndIsNotDoubled() async throws {
        let server = try await ScriptedServer(ServerTLS(identity: TestPKI.shared().server)) { _ in .answer() }
        var configuration = try Loopback.configuration(for: server)
        configuration.baseURL = server.baseURL + "/identity/accounts/"
        let transport = try HTTPTransport(configuration)
        #expect(await transport.send(.call()).answer?.status == 200)
        #expect(server.requests.first?.head.hasPrefix("POST /identity/accounts/openings HTTP/1.1\r\n") == true)
        await transport.shutDown()
        await server.stop()
    }

    @Test func theKernelGivesUpARequestWhenItsTimeIsOver() {
        let sockets = SocketRegistry()
        sockets.longestUnacknowledged = .seconds(7)
        let descriptor = sockets.open(family: AF_INET, type: Int32(SOCK_STREAM.rawValue), protocol: 0)
        defer { _ = sockets.close(descriptor) }
        var (milliseconds, size) = (UInt32(0), socklen_t(MemoryLayout<UInt32>.size))
        #expect(getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &milliseconds, &size) == 0)
        #expect(milliseconds == 7_000)
        // Where that cannot be set there is no connection.
        #expect(sockets.open(family: AF_UNIX, type: Int32(SOCK_STREAM.rawValue), protocol: 0) == -1)
    }

    @Test func theProcessIsSetUpSoThatNoSessionSecretIsWrittenAndNoBrokenPipeKills() async {
        await #expect(processExitsWith: .success) {
            setenv("SSLKEYLOGFILE", "/nowhere/keys", 1)
            _ = try HTTPTransport(HTTPTransportConfiguration(baseURL: "https://example.com"))
            #expect(getenv("SSLKEYLOGFILE") == nil)
            raise(SIGPIPE)
        }
    }
}
