import Basics
import Emulator
import Foundation
import FoundationNetworking
import HTTPTransport
import OpenSSL
import TestSupport
import Testing

extension EndToEnd.Pages {
    @Suite("Connections to the administration", .timeLimit(.minutes(15)))
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

        @Test("SIGHUP exchanges certificate and key, also for other paths; files that are wrong change nothing")
        func exchangedCertificate() async throws {
            let settings =
                EndToEndInstallation.fast
                + "admin: { listen: \"127.0.0.1:0\", certificate: pki/page.pem, key: pki/page.key }\n"
            try await EndToEndInstallation.with(settings: settings) { installation in
                let first = try installation.writeServerKeys("page")
                let daemon = try await installation.daemon(folders: 0)
                let port = try await daemon.administrationPort()
                func isAnswered(trusting authority: [UInt8]) async throws -> Bool {
                    guard
                        case .answered(let answer) = try await Self.get(
                            "/healthz", port, trusting: authority, fields: [])
                    else { return false }
                    return answer.status == 200
                }
                #expect(try await isAnswered(trusting: first))

                try installation.write("no key", to: "pki/page.key")
                daemon.signal(SIGHUP)
                await daemon.waitForError(containing: "nothing was changed: settings, jobs or keys are wrong")
                #expect(try await isAnswered(trusting: first))

                let second = try installation.writeServerKeys("page")
                daemon.signal(SIGHUP)
                await daemon.waitForError(containing: "settings, jobs and keys were read again")
                #expect(try await isAnswered(trusting: second))
                #expect(try await !isAnswered(trusting: first))

                let third = try installation.writeServerKeys("next")
                let text = try installation.text("rollcall.yaml")
                try installation.write(text.replacing("pki/page", with: "pki/next"), to: "rollcall.yaml")
                daemon.signal(SIGHUP)
                await daemon.waitForError(containing: "settings, jobs and keys were read again", times: 2)
                #expect(try await isAnswered(trusting: third))
                try await installation.end(daemon)
                #expect(!daemon.errorsSoFar.contains("needs a restart"))
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
                // The first event comes by itself: the page may be older than the stream.
                try await waitUntil { stream.text.contains("retry: 5000\n\nevent: change\ndata: 0\n\n") }
                try installation.write(Accounts.csv(3), to: "day.csv")
                #expect(try await installation.rollcall("submit", "day.csv").status == 0)
                try await waitUntil { stream.text.ranges(of: "event: change\n").count > 1 }
                await daemon.waitForError(containing: "batch is over batch=day-1")
                try await installation.end(daemon)
                try await waitUntil { stream.end != nil }
                #expect(stream.end == .whole)
                #expect(installation.emulator.calls.total == 3)
            }
        }
    }
}

extension EndToEndInstallation {
    /// A server's certificate and key in the folder `pki`, made anew.
    ///
    /// - Returns: The certificate of their authority, in PEM.
    fileprivate func writeServerKeys(_ name: String) throws -> [UInt8] {
        let material = try EmulatorMaterial.generate(host: "127.0.0.1")
        try write(String(decoding: material.server.chainPEM(), as: UTF8.self), to: "pki/\(name).pem")
        try write(String(decoding: material.server.keyPEM(), as: UTF8.self), to: "pki/\(name).key")
        return try material.authority.pem()
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
