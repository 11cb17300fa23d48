import Emulator
import Foundation
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Nodes {
    @Suite("Erasing where several runners share one PostgreSQL database")
    struct SharedErasureTests {
        /// 40 days, in milliseconds.
        private static let age = 40 * 86_400_000

        @Test("A batch is purged at the node that has its files; others name it")
        func purge() async throws {
            try await SharedInstallation.with(nodes: ["a", "b"]) { shared in
                #expect(try await shared.run("a", lines: 20).wait().status == 0)
                let refused = try await shared.rollcall("purge", "--batch", "a-1", "--yes", as: "b")
                #expect(refused.status == 3 && refused.errors.contains("files on another node"), "\(refused.errors)")
                #expect(try shared.installation.names(in: "out/a-1").contains("results.csv"))
                let purged = try await shared.rollcall("purge", "--batch", "a-1", "--yes", "--json", as: "a")
                #expect(purged.status == 0 && purged.errors.contains("vacuumed"), "\(purged.errors)")
                #expect(purged.output.contains(#""log_emptied":false"#), "\(purged.output)")
                #expect(!FileManager.default.fileExists(atPath: shared.installation.file("out/a-1")))
                #expect(try await shared.rollcall("records", "a-1", as: "b").status == 65)
                let again = try await shared.rollcall("purge", "--batch", "a-1", "--yes", as: "b")
                #expect(again.status == 0 && again.errors.contains("nothing to purge"), "\(again.errors)")
                let ledger = try await shared.ledger()
                #expect(ledger.attempts.count == 20 && ledger.batches.allSatisfy { $0.purged.results != nil })
                try shared.expectNothingTwice(ledger.attempts)
            }
        }

        @Test("A person is forgotten from any node; the rows in files go on the machine that has them")
        func forget() async throws {
            try await SharedInstallation.with(nodes: ["a", "b"]) { shared in
                let rows = "id,account_id,email\nrare-id-77bb,a1,ok@example.com\nr2,a2,b@example.com\n"
                try shared.installation.write(rows, to: "day.csv")
                #expect(try await shared.rollcall("run", "day.csv", as: "a").status == 0)
                try shared.installation.write("rare-id-77bb\n", to: "ids")
                let asked = try await shared.rollcall("forget", "--file", "ids", as: "b")
                #expect(asked.status == 2 && asked.output.contains("node a takes the rows out"), "\(asked.output)")
                #expect(asked.output.contains("vacuumed"), "\(asked.output)")
                #expect(!asked.output.contains("other processes read from it"), "\(asked.output)")
                #expect(try shared.installation.text("out/day-1/results.csv").contains("rare-id-77bb"))
                let records = try await shared.rollcall("records", "day-1", as: "b")
                #expect(records.status == 0 && !records.output.contains("rare-id-77bb"), "\(records.output)")
                let daemon = try await shared.daemon("a")
                try await waitUntil {
                    try await shared.reading { try await $0.batchesWithForgottenInFiles().isEmpty }
                }
                try await shared.installation.end(daemon)
                #expect(try !shared.installation.text("out/day-1/results.csv").contains("rare-id-77bb"))
                let done = try await shared.rollcall("forget", "--file", "ids", as: "b")
                #expect(done.status == 0 && done.output.contains("forgotten at"), "\(done.output) \(done.errors)")
                try shared.expectNothingTwice(try await shared.ledger().attempts)
            }
        }

        @Test("Months' keys are made ahead, a node says before it sends which it lacks, and so do status and doctor")
        func periodKeys() async throws {
            try await SharedInstallation.with(nodes: ["a", "b"]) { shared in
                for node in shared.nodes { #expect(try await shared.run(node, lines: 2).wait().status == 0) }
                let advised = try await shared.rollcall("doctor", as: "a")
                #expect(advised.output.contains("help keys periods"), "\(advised.output)")
                let made = try await shared.rollcall("keys", "periods", "--months", "3", as: "a")
                #expect(made.status == 0 && made.errors.contains("2 keys made in"), "\(made.errors)")
                #expect(made.errors.contains("keys_folder/periods of b on "), "\(made.errors)")
                let last = try #require(try shared.installation.names(in: "secrets/periods").max())
                try FileManager.default.removeItem(atPath: shared.installation.file("secrets/periods/\(last)"))
                let status = try await shared.rollcall("status", as: "b")
                #expect(status.output.contains("keys: periods/"), "\(status.output)")
                let doctor = try await shared.rollcall("doctor", as: "b")
                #expect(doctor.status == 78 && doctor.output.contains("FAILED  period keys"), "\(doctor.output)")
                let listed = try await shared.rollcall("keys", "periods", as: "b")
                #expect(listed.status == 0 && listed.errors.contains("copy it here"), "\(listed.errors)")
                try shared.installation.write(Accounts.csv(from: 900, 5), to: "more.csv")
                let run = try await shared.rollcall("run", "more.csv", as: "b")
                #expect(run.status == 0 && run.errors.contains("warning: periods/"), "\(run.errors)")
            }
        }

        @Test("The sealing key is exchanged, and what was sealed before opens")
        func rotate() async throws {
            try await SharedInstallation.with(nodes: ["a"]) { shared in
                #expect(try await shared.run("a", lines: 5).wait().status == 0)
                let rotated = try await shared.rollcall("keys", "rotate", as: "a")
                #expect(rotated.status == 0 && rotated.errors.contains("other nodes"), "\(rotated.errors)")
                let export = try await shared.rollcall("export", "a-1", as: "a")
                #expect(export.status == 0 && export.output.split(separator: "\n").count == 6, "\(export.errors)")
                try shared.installation.write(Accounts.csv(from: 900, 5), to: "more.csv")
                #expect(try await shared.rollcall("run", "more.csv", as: "a").status == 0)
                let audit = try await shared.rollcall("audit", "--verify", as: "a")
                #expect(audit.status == 0, "\(audit.errors)")
                let entries = try await shared.rollcall("audit", as: "a")
                #expect(entries.output.contains("rotate"), "\(entries.output)")
                #expect(shared.installation.emulator.calls.total == 10)
            }
        }

        @Test("Each daemon erases what is older than its retention of its own batches, and of a retired node's")
        func retention() async throws {
            try await SharedInstallation.with(nodes: ["a", "b"]) { shared in
                for node in shared.nodes { #expect(try await shared.run(node, lines: 10).wait().status == 0) }
                try shared.run(
                    """
                    UPDATE rollcall.batches SET finished_at = finished_at - \(Self.age), results_for = results_for - \(Self.age)
                    """)
                for node in shared.nodes {
                    let settings = try shared.installation.text("\(node).yaml")
                    try shared.installation.write(
                        settings + "retention: { payloads: 30d, results: 30d, outputs: 30d }\n", to: "\(node).yaml")
                }
                var daemon = try await shared.daemon("a")
                await daemon.waitForError(containing: "what is older than its retention was erased")
                try await shared.installation.end(daemon)
                #expect(try await shared.ledger().batches.map { $0.purged.results != nil } == [true, false])
                #expect(!FileManager.default.fileExists(atPath: shared.installation.file("out/a-1")))
                #expect(try await shared.rollcall("nodes", "retire", "b", as: "a").status == 0)
                daemon = try await shared.daemon("a")
                await daemon.waitForError(containing: "what is older than its retention was erased")
                try await shared.installation.end(daemon)
                let ledger = try await shared.ledger()
                #expect(ledger.batches.allSatisfy { $0.purged.results != nil } && ledger.attempts.count == 20)
                try shared.expectNothingTwice(ledger.attempts)
            }
        }
    }
}
