import Basics
import Emulator
import Foundation
import FoundationNetworking
import HTTPTransport
import TestSupport
import Testing

extension EndToEnd.Commands {
    @Suite("Connections to the administration", .timeLimit(.minutes(3)))
    struct AdministrationConnectionTests {
        @Test("With a certificate it speaks TLS alone, and shows that certificate")
        func encrypted() async throws {
            let settings =
                EndToEndInstallation.fast
                + "admin: { listen: \"127.0.0.1:0\", certificate: pki/server/server.pem, key: pki/server/server.key }\n"
            try await EndToEndInstallation.with(settings: settings) { installation in
                let token = try await installation.adminToken("viewer")
                let daemon = try await installation.daemon(folders: 0)
                let port = try await daemon.administrationPort()
                let fields = [("Authorization", "Bearer \(token)")]
                let authority = Array(try Data(contentsOf: URL(filePath: installation.file("pki/ca.pem"))))
                guard
                    case .answered(let page) = try await Self.get("/", port, trusting: authority, fields: fields),
                    case .failed = try await Self.get("/healthz", port, trusting: nil, fields: [])
                else {
                    Issue.record("it is not known by its certificate")
                    return
                }
                #expect(page.status == 200 && String(decoding: page.body, as: UTF8.self).contains("Nothing to send"))
                await #expect(throws: (any Error).self) {
                    try await URLSession.shared.data(
                        from: #require(URL(string: "http://127.0.0.1:\(port)/healthz")))
                }
                try await installation.end(daemon)
            }
        }

        /// Asks for a path, trusting one authority alone (PEM), or the system's.
        private static func get(
            _ path: String, _ port: Int, trusting authority: [UInt8]?, fields: [(String, String)]
        ) async throws -> HTTPExchange {
            var configuration = HTTPTransportConfiguration(baseURL: "https://127.0.0.1:\(port)")
            configuration.caPEM = authority
            let transport = try HTTPTransport(configuration)
            let result = await transport.send(HTTPRequest(method: .get, path: path, headers: fields))
            await transport.shutDown()
            return result
        }

        @Test("A stream of events ends whole when the daemon ends")
        func eventStream() async throws {
            let settings = EndToEndInstallation.fast + "admin: { listen: \"127.0.0.1:0\" }\n"
            try await EndToEndInstallation.with(settings: settings) { installation in
                let token = try await installation.adminToken("viewer")
                let daemon = try await installation.daemon(folders: 0)
                let port = try await daemon.administrationPort()
                let stream = try EventStream("http://127.0.0.1:\(port)/events", token: token)
                try await waitUntil { stream.text.contains("retry: 5000\n\n") }
                try installation.write(Accounts.csv(3), to: "day.csv")
                #expect(try await installation.rollcall("submit", "day.csv").status == 0)
                try await waitUntil { stream.text.contains("event: change\n") }
                await daemon.waitForError(containing: "batch is over batch=day-1")
                try await installation.end(daemon)
                try await waitUntil { stream.end != nil }
                #expect(stream.end == .whole)
                #expect(installation.emulator.calls.total == 3)
            }
        }
    }
}

/// A stream of events as it comes.
private final class EventStream: NSObject, URLSessionDataDelegate, Sendable {
    /// How it ended.
    enum End {
        case whole
        /// Before its end was sent.
        case cut
    }

    private let state = Lock<(text: String, end: End?)>(("", nil))

    init(_ address: String, token: String) throws {
        super.init()
        var request = URLRequest(url: try #require(URL(string: address)))
        request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
        URLSession(configuration: .default, delegate: self, delegateQueue: nil).dataTask(with: request).resume()
    }

    var text: String { state.withLock { $0.text } }
    var end: End? { state.withLock { $0.end } }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        state.withLock { $0.text += String(decoding: data, as: UTF8.self) }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        state.withLock { $0.end = error == nil ? .whole : .cut }
    }
}
