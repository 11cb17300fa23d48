import Basics
import Emulator
import Foundation
import OpenSSL
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Calls {
    /// What a server, or whatever stands in its place, can do on the wire that the emulator's HTTP stack cannot; the
    /// emulator's own answers are the table of `AnswerTests`.
    @Suite("The fault matrix")
    struct FaultMatrixTests {
        @Test("Each fault on the wire ends as the table of answers says: status, ledger, invoice and exit code")
        func everyFault() async throws {
            try await Self.withServer { installation, server in
                for fault in WireFault.all {
                    server.begin(fault)
                    try installation.write(
                        Accounts.header + Accounts.line(server.row, email: "row\(server.row)@example.com"),
                        to: "\(fault.name).csv")
                    let ended = try await installation.rollcall("run", "\(fault.name).csv")
                    try await Self.expect(fault, ended, server, installation)
                }
            }
        }

        private static func expect(
            _ fault: WireFault, _ ended: RollcallProcess.Ended, _ server: FaultyServer,
            _ installation: EndToEndInstallation
        ) async throws {
            let comment: Comment = "\(fault.name): \(ended.errors)"
            #expect(ended.status == fault.exit, comment)
            let batch = "\(fault.name)-\(server.row)"
            let row = try #require(try installation.results(batch).first, comment)
            #expect(row["status"] == fault.status.rawValue, comment)
            #expect(row["attempts"] == "\(fault.calls)", comment)
            let store = try await installation.store()
            let stored = try #require(try await store.batch(named: batch), comment)
            let ledger = try await installation.ledger(of: stored, in: store)
            try await store.close()
            #expect(ledger.count { $0.countsAsCall } == server.requests, comment)
            #expect(server.requests == fault.calls, comment)
            #expect(ledger.last?.billable == fault.billable, comment)
            #expect(ledger.last?.outcome == fault.outcome, comment)
        }

        /// An installation whose calls go to a server that does what the fault of the moment says.
        private static func withServer(
            _ body: @Sendable (EndToEndInstallation, FaultyServer) async throws -> Void
        ) async throws {
            try await EndToEndInstallation.with { installation in
                let identity = try ClientIdentity.load(
                    certificate: Array(try installation.text("pki/server/server.pem").utf8),
                    certificateName: "server.pem", key: Array(try installation.text("pki/server/server.key").utf8),
                    keyName: "server.key", password: nil)
                let faults = FaultyServer()
                let server = try await ScriptedServer(
                    ServerTLS(identity: identity), interrupting: { faults.interrupt() }, script: { _ in faults.react() }
                )
                let settings = EmulatedSettings.text(port: server.port)
                    .replacing("request_timeout: 5s", with: "request_timeout: 700ms")
                try installation.write(
                    settings + "limits: { rate: 2000, burst: 32 }\nretry: { base_delay: 10ms, max_delay: 50ms }\n",
                    to: "rollcall.yaml")
                try await body(installation, faults)
                await server.stop()
            }
        }
    }
}

/// How each request of the fault of the moment is met, counted.
final class FaultyServer: Sendable {
    private struct State {
        var fault: WireFault?
        var row = 0
        var requests = 0
    }

    private let state = Lock(State())

    /// Which fault of the table it is, from 1: also the number of its batch.
    var row: Int { state.withLock { $0.row } }
    /// Requests that were read since it began.
    var requests: Int { state.withLock { $0.requests } }

    func begin(_ fault: WireFault) {
        state.withLock { $0 = State(fault: fault, row: $0.row + 1) }
    }

    /// How the request that begins is broken off; it counts as read.
    func interrupt() -> ScriptedServer.Ending? {
        state.withLock { state in
            guard let interruption = state.fault?.interruption else { return nil }
            state.requests += 1
            return interruption
        }
    }

    func react() -> ScriptedServer.Reaction {
        state.withLock { state in
            state.requests += 1
            guard let fault = state.fault else { return .end(.fin) }
            // What is tried again is answered the second time.
            return state.requests > fault.times
                ? .raw(WireFault.sound(id: "row-\(state.row)"), then: nil) : fault.reaction
        }
    }
}
