import Emulator
import Foundation
import TestSupport
import Testing

extension EndToEnd.Commands {
    @Suite("Nothing personal leaks")
    struct LeakTests {
        /// Strings of one record that occur nowhere else.
        private static let rare = [
            "Xanthippe Quetzalcoatl", "zyzzyva.9917@example.com", "+12065550199", "rare-account-55aa", "rare-id-77bb",
        ]

        @Test("Rare values of records stand in no file but the results, and in nothing the tool says")
        func rareStrings() async throws {
            var knobs = EmulatorConfiguration()
            knobs.faults.internalError = 0.2
            knobs.faults.resetAfterReading = 0.1
            try await EndToEndInstallation.with(knobs) { installation in
                let line =
                    "rare-id-77bb,rare-account-55aa,Xanthippe Quetzalcoatl,zyzzyva.9917@example.com,+12065550199,,\n"
                let broken =
                    "rare-id-77bb,rare-account-55aa,Xanthippe Quetzalcoatl,zyzzyva.9917@example.com,1.2E+10,,\n"
                try installation.write(Accounts.csv(40) + line + broken, to: "in.csv")
                let checked = try await installation.rollcall("check", "in.csv")
                let ended = try await installation.rollcall("run", "in.csv")
                let status = try await installation.rollcall("status", "--json")
                for said in [checked, ended, status] {
                    for value in Self.rare { #expect(!(said.output + said.errors).contains(value)) }
                }
                try expectAbsent(from: "var", in: installation)
                for name in ["summary.json", "report.html"] {
                    let text = try installation.text("out/in-1/\(name)")
                    for value in Self.rare { #expect(!text.contains(value), "\(name)") }
                }
            }
        }

        @Test("Nor do they stand in what a killed process leaves behind, its write-ahead log included")
        func killed() async throws {
            let box = ProcessBox()
            var knobs = EmulatorConfiguration()
            knobs.onCall = { call in
                if call == 20 { box.signal(SIGKILL) }
            }
            try await EndToEndInstallation.with(knobs) { installation in
                let line =
                    "rare-id-77bb,rare-account-55aa,Xanthippe Quetzalcoatl,zyzzyva.9917@example.com,+12065550199,,\n"
                let accounts = Accounts.csv(400).replacing(
                    Accounts.header, with: Accounts.header + line, maxReplacements: 1)
                try installation.write(accounts, to: "in.csv")
                let process = try installation.start(["run", "in.csv"])
                box.put(process)
                let ended = try await process.wait()
                #expect(ended.status == -SIGKILL)
                for value in Self.rare { #expect(!(ended.output + ended.errors).contains(value)) }
                let left = try FileManager.default.contentsOfDirectory(atPath: installation.file("var"))
                #expect(left.contains("rollcall.sqlite-wal"))
                try expectAbsent(from: "var", in: installation)
            }
        }

        private func expectAbsent(from folder: String, in installation: EndToEndInstallation) throws {
            let names = try FileManager.default.contentsOfDirectory(atPath: installation.file(folder))
            #expect(names.contains("rollcall.sqlite"))
            for name in names {
                let bytes = try Data(contentsOf: URL(filePath: installation.file("\(folder)/\(name)")))
                for value in Self.rare { #expect(!bytes.holds(Data(value.utf8)), "\(name)") }
            }
        }

        @Test("Result files and the database are private")
        func modes() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(2), to: "in.csv")
                #expect(try await installation.rollcall("run", "in.csv").status == 0)
                let files = [
                    "out/in-1/results.csv", "out/in-1/summary.json", "var/rollcall.sqlite", "secrets/sealing.key",
                ]
                for file in files { #expect(try mode(installation.file(file)) == 0o600, "\(file)") }
                for folder in ["out/in-1", "var"] { #expect(try mode(installation.file(folder)) == 0o700, "\(folder)") }
            }
        }

        private func mode(_ path: String) throws -> Int {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            return try #require(attributes[.posixPermissions] as? Int)
        }
    }
}
