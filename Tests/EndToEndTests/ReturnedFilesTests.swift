import Emulator
import Foundation
import RecordStore
import Testing

extension EndToEnd.Calls {
    @Suite("Lines that are given back are mended, or sent later, as a file like the first")
    struct ReturnedFilesTests {
        private static func text(_ installation: EndToEndInstallation, _ name: String) throws -> [UInt8] {
            Array(try Data(contentsOf: URL(filePath: installation.file(name))))
        }

        @Test("After a cancel the rest is sent by running cancelled.csv, and nothing is paid a second time")
        func cancelled() async throws {
            let capped = EndToEndInstallation.fast.replacing("rate: 2000,", with: "rate: 2000, batch_calls: 28,")
            try await EndToEndInstallation.with(settings: capped) { installation in
                try installation.write(Accounts.csv(40), to: "a.csv")
                let stopped = try await installation.rollcall("run", "a.csv")
                #expect(stopped.status == 3 && installation.emulator.calls.total == 28, "\(stopped.errors)")
                #expect(try await installation.rollcall("cancel", "a-1").status == 0)
                let rest = try installation.text("out/a-1/cancelled.csv")
                #expect(CSVText.rows(rest).count == 12 && rest.contains("_status,_reason,_line,_batch\n"))
                let ended = try await installation.rollcall("run", "out/a-1/cancelled.csv")
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(installation.emulator.calls.total == 40)
                #expect(Set(try installation.calls().compactMap(\.account)).count == 40)
                try await Accounting(installation, batch: "cancelled-2").expectEveryLineAccounted(total: 12)
            }
        }

        @Test("A file with a mark, semicolons, CRLF and wrong quotes comes back as it was, and mended it passes")
        func mended() async throws {
            try await EndToEndInstallation.with { installation in
                let rows = [
                    "account_id;name;email", "0013;Ada \"the; first\";a@example.com", "1001;=1+1;b",
                    "1002;Ben;c@example.com", "00042;Cyd;d",
                ]
                try installation.write("\u{FEFF}" + rows.map { $0 + "\r\n" }.joined(), to: "acc.csv")
                let first = try await installation.rollcall("run", "acc.csv", "--yes")
                #expect(first.status == 2, "\(first.errors)")
                let failed = String(decoding: try Self.text(installation, "out/acc-1/failed.csv"), as: UTF8.self)
                let lines = failed.components(separatedBy: "\r\n")
                #expect(lines[0] == "\u{FEFF}account_id;name;email;_status;_reason;_line;_batch")
                #expect(lines[1].hasPrefix("0013;\"Ada \"\"the\";\" first\"\"\";invalid;"))
                #expect(lines[2].hasPrefix("1001;'=1+1;b;invalid;") && lines[2].hasSuffix(";3;acc-1"))
                #expect(lines[3].hasPrefix("00042;Cyd;d;invalid;") && lines.count == 5 && lines[4].isEmpty)
                // One row is mended, one keeps the formula that is none, one was opened and saved by a spreadsheet.
                let mended = failed.replacing("\"Ada \"\"the\";\" first\"\"\"", with: "Ada the first;a@example.com")
                    .replacing(";acc-1;a@example.com", with: ";acc-1")
                    .replacing(";b;invalid", with: ";b@example.com;invalid")
                    .replacing("00042;Cyd;d;", with: "42;Cyd;d@example.com;")
                try installation.write(mended, to: "mended.csv")
                let second = try await installation.rollcall("run", "mended.csv", "--yes")
                #expect(second.status == 2, "\(second.errors)")
                let results = try installation.results("mended-2")
                #expect(results.map { $0["status"] } == ["succeeded", "succeeded", "invalid"], "\(results)")
                #expect(results[2]["error"]?.contains("changed by a spreadsheet") == true)
                #expect(installation.emulator.calls.total == 3)
                for name in ["acc-1", "mended-2"] {
                    try await Accounting(installation, batch: name).expectEveryLineAccounted(
                        total: name == "acc-1" ? 4 : 3)
                }
            }
        }

        @Test("results.csv has the delimiter and the ids that the settings ask for, and so has an export")
        func form() async throws {
            let form = "output_delimiter: input\noutput_safe: true\n"
            try await EndToEndInstallation.with(settings: EndToEndInstallation.fast + form) { installation in
                let rows = "account_id;email\n=1+1;a@example.com\n1002;c@example.com\n"
                try installation.write(rows, to: "a.csv")
                #expect(try await installation.rollcall("run", "a.csv").status == 0)
                let written = try installation.text("out/a-1/results.csv")
                #expect(written.hasPrefix("line;id;status;") && written.contains("\n2;'=1+1;succeeded;"), "\(written)")
                #expect(try await installation.rollcall("export", "a-1").output == written)
            }
        }

        @Test("A delimiter too many at the rows' ends is nothing")
        func trailingDelimiter() async throws {
            try await EndToEndInstallation.with { installation in
                let rows = "account_id,name,email\n1001,Ada Stone,ada@example.com,\n1002,Ben Hill,ben@example.com,\n"
                try installation.write(rows, to: "a.csv")
                let check = try await installation.rollcall("check", "a.csv")
                #expect(check.status == 0, "\(check.output)")
                #expect(try await installation.rollcall("run", "a.csv").status == 0)
                #expect(installation.emulator.calls.total == 2)
            }
        }

        @Test("A file whose name says that it is unfinished, or that is open for writing, is not run yet")
        func unfinished() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(3), to: "acc.csv.filepart")
                for command in ["run", "submit"] {
                    let ended = try await installation.rollcall(command, "acc.csv.filepart")
                    #expect(ended.status == 65 && ended.errors.contains(".filepart"), "\(ended.errors)")
                }
                try installation.write(Accounts.csv(3), to: "acc.csv")
                let writer = try #require(FileHandle(forWritingAtPath: installation.file("acc.csv")))
                let early = try await installation.rollcall("run", "acc.csv")
                #expect(early.status == 65 && early.errors.contains("open for writing"), "\(early.errors)")
                #expect(installation.emulator.calls.total == 0)
                try writer.close()
                #expect(try await installation.rollcall("run", "acc.csv").status == 0)
                #expect(installation.emulator.calls.total == 3)
            }
        }
    }
}
