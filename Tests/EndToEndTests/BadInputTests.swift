import Emulator
import Foundation
import Testing

extension EndToEnd.Commands {
    @Suite("Bad input is refused with a sentence that helps, and loses nothing")
    struct BadInputTests {
        /// A file that is no such file at all.
        struct Refused: Sendable, CustomTestStringConvertible {
            let name: String
            let bytes: [UInt8]
            let says: String
            var testDescription: String { name }

            init(_ name: String, _ text: String, says: String) {
                self.init(name, Array(text.utf8), says: says)
            }

            init(_ name: String, _ bytes: [UInt8], says: String) {
                (self.name, self.bytes, self.says) = (name, bytes, says)
            }
        }

        private static let header = Array(Accounts.header.utf8)

        static let foreignFiles: [Refused] = [
            Refused("empty.csv", "", says: "empty"),
            Refused("unknown.csv", "id,email,shoe_size\n1,a@example.com,9\n", says: "shoe_size"),
            Refused("twice.csv", "id,email,email\n1,a@example.com,b@example.com\n", says: "email"),
            Refused(
                "latin1.csv", header + Array("r1,a,Zo".utf8) + [0xEB] + Array(",a@example.com,,,\n".utf8),
                says: "line 2"),
            Refused(
                "nul.csv", header + Array("r1,a,Zo".utf8) + [0] + Array(",a@example.com,,,\n".utf8), says: "line 2"),
            Refused("sheet.xlsx", [0x50, 0x4B, 0x03, 0x04, 0x14, 0x00], says: "CSV UTF-8"),
            Refused("array.jsonl", "[{\"id\":1}]\n", says: "array"),
            Refused("list.json", "{\"records\":[{\"account_id\":\"1\"}]}\n", says: "records in a list"),
            Refused("page.csv", "<!DOCTYPE html>\n<html></html>\n", says: "HTML"),
            Refused("nobody.csv", "id,name,email\n1,Ada,a@example.com\n", says: "has no account"),
            Refused("utf16.csv", [0xFF, 0xFE, 0x69, 0x00, 0x64, 0x00], says: "CSV UTF-8"),
        ]

        @Test(
            "A file that cannot be taken in is refused as a whole: exit code 65, nothing queued",
            arguments: Self.foreignFiles)
        func refusedFiles(file: Refused) async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(file.bytes, to: file.name)
                let ended = try await installation.rollcall("run", file.name)
                #expect(ended.status == 65, "\(ended.errors)")
                #expect(ended.errors.contains(file.name) && ended.errors.contains(file.says), "\(ended.errors)")
                #expect(installation.emulator.calls.total == 0)
                #expect(!FileManager.default.fileExists(atPath: installation.file("var/rollcall.sqlite")))
            }
        }

        @Test("A directory, a missing file and one without permission are refused")
        func unreadable() async throws {
            try await EndToEndInstallation.with { installation in
                #expect(try await installation.rollcall("run", "pki").status == 65)
                #expect(try await installation.rollcall("run", "missing.csv").status == 65)
                // The superuser may read anything, so the refusal can be seen only by others.
                guard getuid() != 0 else { return }
                try installation.write(Accounts.csv(1), to: "closed.csv", mode: 0o000)
                #expect(try await installation.rollcall("run", "closed.csv").status == 65)
            }
        }

        /// A line that becomes an invalid record, and the words its reason must hold.
        static let brokenLines: [(line: String, says: String)] = [
            ("r1,a1,Ada,ada@example.com\n", "cells"),
            ("r1,a1,Ada,ada@example.com,,,,,x,\n", "cells"),
            ("id,account_id,name,email,phone_number,ip,user_agent\n", "the header again"),
            ("r1,NULL,Ada,ada@example.com,,,\n", "account_id (user.account.hashedAccountId) is a placeholder"),
            ("r1,1001.0,Ada,ada@example.com,,,\n", "account_id (user.account.hashedAccountId) must not end in .0"),
            ("r1,a\t1,Ada,ada@example.com,,,\n", "U+0009"),
            ("r1,a1,Ada,ada@example.com,1.41556E+10,,\n", "user.phone.number"),
            ("r1,a1,Ada,,,,\n", "user"),
            ("r1,a1,Ada,ada@example.com,,999.1.1.1,\n", "device.ip"),
            ("r1,a1,Ada,ada@example.com,,,\"unclosed\n", "quote"),
        ]

        @Test(
            "A line that breaks a rule is invalid with field and rule; the others continue", arguments: Self.brokenLines
        )
        func invalidLines(line: String, says: String) async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.header + Accounts.line(7) + line, to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 2, "\(ended.errors)")
                let rows = try installation.results("day-1")
                #expect(rows.map { $0["status"] } == ["succeeded", "invalid"])
                #expect(rows.last?["error"]?.contains(says) == true, "\(rows.last?["error"] ?? "")")
                #expect(installation.emulator.calls.total == 1)
            }
        }

        @Test("BOM, CRLF, semicolons and tabs are read", arguments: [",", ";", "\t"])
        func dialects(delimiter: String) async throws {
            try await EndToEndInstallation.with { installation in
                let text = "\u{FEFF}" + Accounts.csv(2).replacing(",", with: delimiter).replacing("\n", with: "\r\n")
                try installation.write(text, to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(try installation.results("day-1").map { $0["id"] } == ["r1", "r2"])
            }
        }

        @Test("A field of 64 MB and JSON nested 10,000 deep become invalid records")
        func giants() async throws {
            try await EndToEndInstallation.with { installation in
                let giant = "r1,a1,\(String(repeating: "x", count: 64 << 20)),ada@example.com,,,\n"
                try installation.write(Accounts.header + giant + Accounts.line(2), to: "giant.csv")
                #expect(try await installation.rollcall("run", "giant.csv").status == 2)
                #expect(try installation.results("giant-1").map { $0["status"] } == ["invalid", "succeeded"])
                let deep =
                    "{\"user\":" + String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000) + "}\n"
                try installation.write(deep, to: "deep.jsonl")
                #expect(try await installation.rollcall("run", "deep.jsonl").status == 2)
                #expect(try installation.results("deep-2").map { $0["status"] } == ["invalid"])
            }
        }

        @Test("Duplicate ids are allowed and noted")
        func duplicateIDs() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.header + Accounts.line(1) + Accounts.line(1), to: "day.csv")
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(ended.status == 0)
                #expect(ended.errors.contains("id seen before"), "\(ended.errors)")
            }
        }

        @Test("check counts rows, refusals and calls without making one")
        func check() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(3) + Accounts.line(4, email: "x"), to: "day.csv")
                let ended = try await installation.rollcall("check", "day.csv", "--json")
                #expect(ended.status == 2, "\(ended.errors)")
                let found = try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any]
                #expect(found?["records"] as? Int == 4)
                #expect(found?["invalid"] as? Int == 1)
                #expect(found?["billable_calls"] as? Int == 3)
                #expect(installation.emulator.calls.total == 0)
            }
        }
    }
}
