import Emulator
import Foundation
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Money {
    @Suite("At a terminal a batch above confirm_above is asked about")
    struct ConfirmationTests {
        @Test("A yes sends it; anything else leaves it waiting", arguments: [("y\n", 0), ("\n", 3), ("n\n", 3)])
        func answered(typed: String, status: Int32) async throws {
            try await ask { process, terminal, installation in
                try terminal.type(typed)
                let ended = try await process.wait()
                #expect(ended.status == status, "\(ended.errors)")
                #expect(installation.emulator.calls.total == (status == 0 ? 4 : 0))
            }
        }

        @Test("Ctrl-C at the question leaves it waiting, and nothing is sent")
        func interrupted() async throws {
            try await ask { process, _, installation in
                process.signal(SIGINT)
                let ended = try await process.wait()
                #expect(ended.status == 3, "\(ended.errors)")
                #expect(installation.emulator.calls.total == 0)
                let store = try await installation.store()
                let batch = try #require(try await store.batch(named: "day-1"))
                #expect(batch.state == .awaitingConfirmation && batch.counts.queued == 4)
                try await store.close()
            }
        }

        /// Runs a file of four records where three may go unasked, up to the question.
        private func ask(
            _ body: @Sendable (RollcallProcess, PseudoTerminal, EndToEndInstallation) async throws -> Void
        ) async throws {
            let settings = EndToEndInstallation.fast + "confirm_above: { calls: 3 }\n"
            try await EndToEndInstallation.with(settings: settings) { installation in
                try installation.write(Accounts.csv(4), to: "day.csv")
                let terminal = try PseudoTerminal()
                let process = try installation.start(["run", "day.csv"], terminal: terminal.end)
                await process.waitForError(containing: "Send them?")
                try await body(process, terminal, installation)
            }
        }
    }
}
