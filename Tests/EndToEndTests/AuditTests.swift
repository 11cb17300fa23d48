import Emulator
import Foundation
import GRDB
import RecordStore
import Testing

extension EndToEnd.Commands {
    @Suite("The audit of what was done")
    struct AuditTests {
        private static let verify = ["audit", "--verify", "--json"]

        /// What `audit --verify --json` prints.
        private struct Verdict: Decodable {
            struct Break: Decodable {
                let entry: Int64
                let fault: String
            }

            let entries: Int64
            let head: String
            let broken: Break?
            let headsKnown: Int
            let missing: [String]

            private enum CodingKeys: String, CodingKey {
                case entries, head, broken, missing
                case headsKnown = "heads_known"
            }
        }

        @Test("Who started, read, exported, copied and restored is in it, without a value of a record")
        func acts() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(2), to: "day.csv")
                for command in [
                    ["run", "day.csv"], ["records", "day-1"], ["records", "day-1", "--status", "succeeded"],
                    ["export", "day-1"], ["backup", "copy.sqlite"], ["restore", "copy.sqlite"],
                ] {
                    let ended = try await installation.start(command).wait()
                    #expect(ended.status == 0, "\(command): \(ended.errors)")
                }
                let search = try await installation.rollcall("records", "--id", "-", input: Array("account-1\n".utf8))
                #expect(search.status == 0, "\(search.errors)")
                let listed = try await installation.rollcall("audit")
                let rows = listed.output.split(separator: "\n").dropFirst().map {
                    $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
                }
                #expect(
                    rows.map { $0[3] } == [
                        "start_runner", "read_records", "read_records", "export", "backup", "restore", "read_records",
                    ], "\(listed.output)")
                #expect(rows.map { $0[4] } == ["", "1", "1", "1", "", "", ""])
                #expect(rows.allSatisfy { $0[2] == "\(NSUserName())@\(ProcessInfo.processInfo.hostName)" })
                for value in ["account-1", "user1@", "Ada"] { #expect(!listed.output.contains(value)) }
                let none = try await installation.rollcall("audit", "--to", "2020-01-01", "--json")
                #expect(none.status == 0 && none.output.isEmpty)
                let verified = try await verdict(installation)
                #expect(verified.status == 0 && verified.found.entries == 7 && verified.found.headsKnown == 1)
                #expect(!(try installation.text("out/day-1/summary.json")).contains(verified.found.head))
            }
        }

        @Test("An entry that is changed behind the triggers, or cut off, is found, and verifying ends with 3")
        func tampered() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(2), to: "day.csv")
                try installation.write(Accounts.csv(from: 3, 2), to: "more.csv")
                for command in [["run", "day.csv"], ["records", "day-1"], ["run", "more.csv"]] {
                    #expect(try await installation.start(command).wait().status == 0)
                }
                let copied = try await installation.rollcall("backup", "copy.sqlite")
                let head = try #require(copied.errors.firstMatch(of: /--head ([0-9a-f]{64})/)).output.1
                let whole = try await verdict(installation, "--head", String(head))
                #expect(whole.status == 0 && whole.found.headsKnown == 3 && whole.found.head == head)

                // The last entry, and then all that came after the first summary.
                try tamper(installation, with: "DROP TRIGGER audit_is_never_deleted; DELETE FROM audit WHERE id = 4")
                let chained = try await verdict(installation)
                #expect(chained.status == 0, "the chain alone does not show what came after every head")
                let cut = try await verdict(installation, "--head", String(head))
                #expect(cut.status == 3 && cut.found.broken == nil && cut.found.missing == ["--head"])
                try tamper(installation, with: "DELETE FROM audit WHERE id > 1")
                let shorter = try await verdict(installation)
                #expect(shorter.status == 3 && shorter.found.missing == ["the summary of more-2"])

                try tamper(
                    installation, with: "DROP TRIGGER audit_is_never_changed; UPDATE audit SET user = 'mallory'")
                let changed = try await verdict(installation)
                #expect(changed.status == 3 && changed.found.broken?.entry == 1)
                #expect(changed.found.broken?.fault == "content")
            }
        }

        @Test("A hash that is none, and options that do not go together, are usage errors")
        func usage() async throws {
            try await EndToEndInstallation.with { installation in
                for arguments in [
                    ["audit", "--verify", "--head", "abc"], ["audit", "--head", String(repeating: "0", count: 64)],
                    ["audit", "--verify", "--from", "2026-01-01"], ["audit", "--from", "yesterday"],
                    ["records", "--id", "account-1"], ["records"], ["records", "day-1", "--id", "-"],
                ] {
                    let ended = try await installation.start(arguments).wait()
                    #expect(ended.status == 64, "\(arguments): \(ended.errors)")
                    #expect(!ended.errors.contains("account-1"))
                }
            }
        }

        private func verdict(
            _ installation: EndToEndInstallation, _ more: String...
        ) async throws -> (status: Int32, found: Verdict) {
            let ended = try await installation.start(Self.verify + more).wait()
            return (ended.status, try JSONDecoder().decode(Verdict.self, from: Data(ended.output.utf8)))
        }

        private func tamper(_ installation: EndToEndInstallation, with statements: String) throws {
            let database = try DatabaseQueue(path: installation.file("var/rollcall.sqlite"))
            try database.write { try $0.execute(sql: statements) }
            try database.close()
        }
    }
}
