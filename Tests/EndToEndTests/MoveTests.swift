import Emulator
import Foundation
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Recovery {
    @Suite("Moving the database from its file to PostgreSQL and back")
    struct MoveTests {
        @Test("What was sent is known there and here again: nothing is paid for twice, and the former one refuses")
        func thereAndBack() async throws {
            let server = try PostgreSQLServer.shared.get()
            let name = try server.makeDatabase()
            let url = server.url(name)
            let settings = "limits: { rate: 400, burst: 32, daily_calls: 25 }\nnode: { name: a, folder: node }\n"
            try await EndToEndInstallation.with(settings: settings) { installation in
                func run(_ file: String, from first: Int) async throws -> RollcallProcess.Ended {
                    try installation.write(Accounts.csv(from: first, 10), to: file)
                    return try await installation.rollcall("run", file)
                }
                func point(_ from: String, to place: String) throws {
                    let text = try installation.text("rollcall.yaml")
                    try installation.write(text.replacing(from, with: place), to: "rollcall.yaml")
                }
                #expect(try await run("one.csv", from: 1).status == 0)
                let moved = try await installation.rollcall("move", "--to", url)
                #expect(moved.status == 0 && moved.errors.contains("10 records"), "\(moved.errors)")
                #expect(moved.output == url + "\n")
                for arguments in [["run", "one.csv"], ["status"], ["records", "one-1"], ["submit", "one.csv"]] {
                    let refused = try await installation.start(arguments).wait()
                    #expect(refused.status == 78 && refused.errors.contains(url), "\(refused.errors)")
                }

                try point("var/rollcall.sqlite", to: url)
                #expect(try await installation.rollcall("run", "one.csv").status == 65)
                #expect(try await run("two.csv", from: 1_001).status == 0)
                let same = try await installation.rollcall("move", "--to", url)
                #expect(same.status == 64, "\(same.errors)")
                for arguments in [
                    ["audit", "--verify"], ["records", "one-1"], ["export", "one-1"], ["ledger", "one-1"],
                ] {
                    let ended = try await installation.start(arguments).wait()
                    #expect(ended.status == 0, "\(arguments): \(ended.errors)")
                }
                let back = try await installation.rollcall("move", "--to", "var/back.sqlite")
                #expect(back.status == 0 && back.errors.contains("20 records"), "\(back.errors)")
                let refused = try await installation.rollcall("run", "one.csv")
                #expect(refused.status == 78 && refused.errors.contains("back.sqlite"), "\(refused.errors)")

                try point(url, to: "var/back.sqlite")
                // The day's cap counts what was sent from both.
                #expect(try await run("three.csv", from: 2_001).status == 3)
                #expect(installation.emulator.calls.total == 25)
                #expect(installation.emulator.calls.byRequest.values.allSatisfy { $0 == 1 })
                let audit = try await installation.rollcall("audit", "--verify")
                #expect(audit.status == 0, "\(audit.errors)")
                let entries = try await installation.rollcall("audit")
                #expect(entries.output.contains("move"), "\(entries.output)")
                let store = try await StoreDescription(
                    engine: .sqlite(path: installation.file("var/back.sqlite")),
                    sealingKey: installation.file("secrets/sealing.key"), keysFolder: installation.file("secrets"),
                    endpoint: nil
                ).openForReading()
                var logged: Set<String?> = []
                for batch in try await store.batches() {
                    logged.formUnion(
                        try await installation.ledger(of: batch, in: store).filter(\.countsAsCall).map(\.correlationID))
                }
                try await store.close()
                #expect(logged == Set(try installation.calls().map(\.correlationID)))
            }
            try server.remove(name)
        }
    }
}
