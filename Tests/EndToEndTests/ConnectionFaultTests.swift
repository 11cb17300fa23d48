import Basics
import Foundation
import OpenSSL
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Calls {
    /// What keeps a request from leaving at all; `FaultMatrixTests` has what comes after.
    @Suite("The fault matrix: before the request")
    struct ConnectionFaultTests {
        /// What stands where the API should.
        enum Peer: String, CaseIterable {
            case nobody
            case silence
            case otherProtocol
            case reset
        }

        @Test(
            "Where no request can leave nothing is called, no attempt is spent, and the batch waits with a remedy",
            arguments: Peer.allCases)
        func nothingLeaves(peer: Peer) async throws {
            try await EndToEndInstallation.with { installation in
                try await Self.withPeer(peer) { port in
                    try installation.write(Self.settings(port), to: "rollcall.yaml")
                    try installation.write(Accounts.csv(3), to: "day.csv")
                    let ended = try await installation.rollcall("run", "day.csv")
                    #expect(ended.status == 3, "\(ended.errors)")
                    #expect(ended.errors.contains("rollcall doctor"), "\(ended.errors)")
                }
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 3)
                accounting.expectCallsEqual()
                #expect(accounting.batch.state == .halted)
                #expect(accounting.batch.counts.queued == 3)
                #expect(accounting.ledger.allSatisfy { $0.outcome == .unsent && $0.billable == .no })
                // The table says 'no attempt spent': there are more of them than a record has.
                #expect(accounting.ledger.count > 5, "\(accounting.ledger.count)")
            }
        }

        @Test("A certificate that is refused in the middle of a run halts it with the remedy; what was answered stays")
        func certificateRefusedInTheMiddle() async throws {
            try await EndToEndInstallation.with { installation in
                let answers = Lock(0)
                // Which authority does not matter: the server decides by itself.
                let tls = ServerTLS(
                    identity: try Self.identity(in: installation),
                    clientAuthority: try CertificateAuthority(commonName: "Any"))
                let server = try await ScriptedServer(
                    tls, refusingClients: { answers.withLock { $0 > 0 } },
                    script: { _ in
                        let number = answers.withLock { answers in
                            answers += 1
                            return answers
                        }
                        return .raw(WireFault.sound(id: "answer-\(number)", connection: "close"), then: .fin)
                    })
                try installation.write(Self.settings(server.port), to: "rollcall.yaml")
                try installation.write(Accounts.csv(6), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                await server.stop()
                #expect(ended.status == 3, "\(ended.errors)")
                #expect(ended.errors.contains("certificate"), "\(ended.errors)")
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 6)
                // A session that is taken up again presents no certificate, so that more than one may be answered.
                let answered = server.requests.count
                #expect((1..<6).contains(answered))
                #expect(accounting.batch.counts.succeeded == answered)
                #expect(accounting.batch.counts.queued == 6 - answered)
                let paid = accounting.ledger.filter { $0.billable != .no }
                #expect(paid.count == answered && paid.allSatisfy { $0.outcome == .succeeded })
            }
        }

        private static func settings(_ port: Int) -> String {
            EmulatedSettings.text(port: port)
                .replacing("  request_timeout: 5s", with: "  request_timeout: 5s\n  connect_timeout: 100ms")
                + EmulatedSettings.fast + "halt: { outage: 1s, probes: 2, probe_interval: 1s }\n"
        }

        private static func identity(in installation: EndToEndInstallation) throws -> ClientIdentity {
            try ClientIdentity.load(
                certificate: Array(try installation.text("pki/server/server.pem").utf8),
                certificateName: "server.pem", key: Array(try installation.text("pki/server/server.key").utf8),
                keyName: "server.key", password: nil)
        }

        private static func withPeer(_ peer: Peer, _ body: (Int) async throws -> Void) async throws {
            switch peer {
            case .nobody, .silence:
                let port = try LoopbackPort(peer == .nobody ? .closed : .listening)
                try await body(port.number)
                withExtendedLifetime(port) {}
            case .otherProtocol, .reset:
                let server = try await GreetingServer(resets: peer == .reset)
                try await body(server.port)
                await server.stop()
            }
        }
    }
}
