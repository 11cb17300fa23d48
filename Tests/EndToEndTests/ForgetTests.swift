import Emulator
import Foundation
import JSON
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Money {
    @Suite("Forgetting a person")
    struct ForgetTests {
        private static let person = ["rare-id-77bb", "rare-account-55aa", "zyzzyva.9917"]
        private static let id = Array("rare-id-77bb\n".utf8)
        private static let row = "rare-id-77bb,rare-account-55aa,zyzzyva.9917@example.com\n"

        private static func marked(_ installation: EndToEndInstallation, _ folders: [String]) throws -> [String] {
            try folders.flatMap { folder in
                let names = try FileManager.default.subpathsOfDirectory(atPath: installation.file(folder))
                return names.filter { name in
                    guard let bytes = FileManager.default.contents(atPath: installation.file("\(folder)/\(name)"))
                    else {
                        return false
                    }
                    return person.contains { bytes.holds(Data($0.utf8)) }
                }
            }
        }

        /// The page's own lines, which anybody can follow.
        private static func verification() throws -> String {
            let page = try Documentation.page("docs/operating.md")
            let block = try #require(page.blocks.first { $0.text.contains("pkeyutl") })
            return block.text.replacing("rollcall forget", with: "\"$0\" forget")
        }

        @Test("A receipt is verified with OpenSSL as the page says, and one that was changed is not")
        func receipt() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write("id,account_id,email\n\(Self.row)r2,a2,b@example.com\n", to: "day.csv")
                #expect(try await installation.rollcall("run", "day.csv").status == 0)
                #expect(try await installation.rollcall("backup", "copy.sqlite").status == 0)
                try installation.write("rare-account-55aa\n", to: "ids.txt")
                let script = try Self.verification()
                let verified = try await installation.shell(script)
                #expect(verified.status == 0, "\(verified.errors)")
                #expect(verified.output.contains("Verified Successfully"), "\(verified.output)")
                let receipt = try JSONDocument(parsing: Array(installation.text("receipt").utf8)).root
                #expect(receipt["erased"]?.elements.map { $0["lines"]?.elements.map(\.integer) } == [[2]])
                #expect(receipt["out_of_reach"]?["backups"]?.elements.map { $0["what"]?.string } == ["copy.sqlite"])
                #expect(receipt["out_of_reach"]?["until_keys_end"]?.elements.map(\.string).count == 1)
                #expect(try Self.marked(installation, ["out", "var", "secrets"]) == [])
                let changed = try installation.text("receipt").replacing("\"ids\":1", with: "\"ids\":2")
                try installation.write(changed, to: "receipt")
                let last = try #require(script.split(separator: "\n").last)
                #expect(try await installation.shell(String(last)).status != 0)

                let restored = try await installation.rollcall("restore", "copy.sqlite")
                #expect(restored.status == 0 && restored.errors.contains("1 record of persons"), "\(restored.errors)")
                let found = try await installation.rollcall("records", "--id", "-", input: Self.id)
                #expect(found.output.split(separator: "\n").count == 1, "\(found.output)")
                #expect(found.errors.contains("1 record of persons who were forgotten"), "\(found.errors)")
                #expect(try await installation.rollcall("run", "day.csv").status != 0)
                #expect(installation.emulator.calls.total == 2)
            }
        }

        @Test("Beside a daemon a queued line is never sent, and the archived file is emptied of it when it is put away")
        func besideADaemon() async throws {
            try await EndToEndInstallation.with(settings: EndToEndInstallation.fast + "confirm_above: { calls: 2 }\n") {
                installation in
                try installation.makeFolder("jobs")
                let job = "source: { path: drop, settle: 50ms }\nafter: archive\n"
                try installation.write(job, to: "jobs/nightly.yaml")
                let rows = "id,account_id,email\n\(Self.row)r2,a2,b@example.com\nr3,a3,c@example.com\n"
                let daemon = try await installation.daemon()
                try installation.drop(rows, as: "day.csv", into: "drop/inbox")
                let name = try await waitFor { () -> String? in
                    try await installation.reading { store in
                        try await store.batches().first { $0.state == .awaitingConfirmation }?.name
                    }
                }
                let asked = try await installation.rollcall("forget", "--file", "-", input: Self.id)
                #expect(asked.status == 2 && asked.output.contains("line 2 (1 not sent, cancelled)"), "\(asked.output)")
                #expect(asked.output.contains("not changed yet"), "\(asked.output)")
                #expect(try await installation.rollcall("start", name).status == 0)
                // Whoever puts the file away takes the line out of it.
                try await waitUntil {
                    try await installation.reading { try await $0.batchesWithForgottenInFiles().isEmpty }
                }
                #expect(try Self.marked(installation, ["drop", "var", "secrets"]) == [])
                #expect(try installation.text("drop/archive/day.csv").contains("\n\nr2,a2"))
                let done = try await installation.rollcall("forget", "--file", "-", input: Self.id)
                #expect(done.status == 0, "\(done.output) \(done.errors)")
                #expect(installation.emulator.calls.total == 2)
                #expect(try installation.calls().count == 2)
                try await installation.end(daemon)
                let sent = try await installation.reading { store in
                    try await installation.ledger(of: store.batches()[0], in: store).filter(\.countsAsCall).count
                }
                #expect(sent == 2)
            }
        }
    }
}
