import Basics
import Foundation
import RecordStore
import TestSupport
import Testing

@testable import Results

@Suite("results.xlsx", .timeLimit(.minutes(15)))
struct WorkbookTests {
    /// Reads a workbook with openpyxl, a reader that is not ours: one line of JSON for each sheet.
    private static let reader = """
        import json, sys, openpyxl
        for sheet in openpyxl.load_workbook(sys.argv[1]):
            print(json.dumps({
                "title": sheet.title, "freeze": sheet.freeze_panes, "filter": sheet.auto_filter.ref,
                "rows": [[cell.value for cell in row] for row in sheet],
                "types": [[cell.data_type for cell in row] for row in sheet],
                "grounds": [row[2].fill.fgColor.rgb for row in sheet],
            }))
        """

    private struct Sheet: Decodable {
        enum Value: Decodable, Equatable {
            case nothing
            case text(String)
            case number(Double)
            case flag(Bool)

            init(from decoder: any Decoder) throws {
                let value = try decoder.singleValueContainer()
                if value.decodeNil() {
                    self = .nothing
                } else if let flag = try? value.decode(Bool.self) {
                    // Each `try?` asks whether the value is of that type, which is no failure.
                    self = .flag(flag)
                } else if let number = try? value.decode(Double.self) {
                    self = .number(number)
                } else {
                    self = .text(try value.decode(String.self))
                }
            }
        }

        let title: String
        let freeze: String?
        let filter: String?
        let rows: [[Value]]
        let types: [[String]]
        let grounds: [String]
    }

    private static func read(_ path: String) throws -> [Sheet] {
        let (status, bytes) = try SpawnedProcess.run("/usr/bin/python3", ["-c", reader, path])
        #expect(status == 0)
        return try bytes.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Sheet.self, from: $0) }
    }

    /// A workbook of a `results.csv` with such rows.
    private static func workbook(
        _ csv: [UInt8], rowsPerSheet: Int = Workbook.rowsPerSheet,
        _ body: (_ path: String, _ fixture: ResultsFixture) throws -> Void
    ) throws {
        let fixture = try ResultsFixture()
        try Data(csv).write(to: URL(filePath: "\(fixture.path)/results.csv"))
        let file = try ResultFile(ResultWorkbook.name, in: try ResultFolder(path: fixture.path))
        try ResultWorkbook.write(
            from: "\(fixture.path)/results.csv", into: file, createdAt: WallTime(milliseconds: 1_769_896_800_000),
            rowsPerSheet: rowsPerSheet)
        let facts = try file.completeFromDisk()
        try file.publish()
        let path = "\(fixture.path)/results.xlsx"
        #expect(try Data(contentsOf: URL(filePath: path)).count == facts.bytes)
        try body(path, fixture)
    }

    @Test(
        "Another program opens it: ids stay text, numbers are numbers, the header stays in sight, statuses have colours"
    )
    func opened() throws {
        let csv = #"""
            line,id,status,attempts,error,user.scores.identityRisk,ip.scores.ipRisk,ip.details.risk,device.details.id.uDeviceId,user.details.phone.carrier
            2,00042,succeeded,1,,42,0.125,true,77,"=Tel, ""Blue"""
            3,=1+1,failed,2,"no
            answer",1e3,,false,,00049
            4,_x0041_,in_doubt,3,,12345678901234567890,0,,,+49

            """#
        try Self.workbook(Array(csv.utf8)) { path, fixture in
            let sheets = try Self.read(path)
            let sheet = try #require(sheets.first)
            #expect(sheets.count == 1 && sheet.title == "results")
            #expect(sheet.freeze == "A2" && sheet.filter == "A1:J4")
            #expect(sheet.rows.first?.prefix(3) == [.text("line"), .text("id"), .text("status")])
            #expect(
                Array(sheet.rows.dropFirst()) == [
                    [
                        .number(2), .text("00042"), .text("succeeded"), .number(1), .nothing, .number(42),
                        .number(0.125), .flag(true), .text("77"), .text("=Tel, \"Blue\""),
                    ],
                    [
                        .number(3), .text("=1+1"), .text("failed"), .number(2), .text("no\nanswer"), .number(1_000),
                        .nothing, .flag(false), .nothing, .text("00049"),
                    ],
                    [
                        // openpyxl shows the escape as it stands; Excel reads `_x0041_`.
                        .number(4), .text("_x005F_x0041_"), .text("in_doubt"), .number(3), .nothing,
                        .text("12345678901234567890"), .number(0), .nothing, .nothing, .text("+49"),
                    ],
                ])
            // A formula would have type `f`.
            #expect(sheet.types.allSatisfy { !$0.contains("f") })
            #expect(Set(sheet.grounds.dropFirst()).count == 3)
            #expect(try fixture.mode("results.xlsx") == 0o600)
            #expect(try fixture.names("").filter { $0.hasPrefix(".") }.isEmpty)
        }
    }

    @Test(
        "What the API gives as a text stays one, whatever it looks like",
        arguments: [
            "user.details.phone.carrier", "ip.details.geolocationSubdivision", "ip.details.geolocationCountryCode",
            "device.details.id.uDeviceId", "device.details.deviceInfo.browser", "id", "reason_code",
        ])
    func texts(column: String) {
        for text in ["75", "1E5", "true"] {
            #expect(ResultWorkbook.Column(column).cell(text) == .text(text))
            #expect(ResultWorkbook.Column("ip.scores.ipRisk").cell(text) != .text(text))
        }
    }

    @Test(
        "Bytes that are no text, characters that a workbook cannot hold and overlong cells make one that can be opened")
    func hostile() throws {
        let long = String(repeating: "é", count: 40_000)
        let row = Array("2,".utf8) + [0xFF, 0xC3, 0x28, 0x00, 0x0B, 0xED, 0xA0, 0x80] + Array(",failed,\(long)\n".utf8)
        try Self.workbook(Array("line,id,status,error\n".utf8) + row) { path, _ in
            let sheet = try #require(try Self.read(path).first)
            guard case .text(let error) = sheet.rows[1][3] else {
                Issue.record("\(sheet.rows)")
                return
            }
            #expect(error.count == 32_767 && error.hasSuffix("é…"))
        }
    }

    @Test("What does not fit into a sheet goes to a further one, with the header; without rows there is a header")
    func sheets() throws {
        let rows = (2...8).map { "\($0),r\($0),succeeded\n" }.joined()
        try Self.workbook(Array("line;id;status\n\(rows.replacing(",", with: ";"))".utf8), rowsPerSheet: 4) { path, _ in
            let sheets = try Self.read(path)
            #expect(sheets.map(\.title) == ["results", "results 2", "results 3"])
            #expect(sheets.map(\.rows.count) == [4, 4, 2] && sheets.map(\.filter) == ["A1:C4", "A1:C4", "A1:C2"])
            #expect(sheets.allSatisfy { $0.rows[0][1] == .text("id") && $0.freeze == "A2" })
            #expect(sheets[2].rows[1] == [.number(8), .text("r8"), .text("succeeded")])
        }
        try Self.workbook(Array("line,id,status\n".utf8)) { path, _ in
            let sheets = try Self.read(path)
            #expect(sheets.map(\.rows.count) == [1])
        }
    }

    @Test("The same rows make the same file")
    func reproducible() throws {
        let csv = Array("line,id,status\n2,a,succeeded\n".utf8)
        var files: [Data] = []
        for _ in 0..<2 { try Self.workbook(csv) { path, _ in files.append(try Data(contentsOf: URL(filePath: path))) } }
        #expect(files[0] == files[1])
    }

    @Test("A batch has it where it is asked for, among the files of its summary; it goes where it is not any more")
    func ofABatch() async throws {
        let fixture = try await BatchFixture(lines: [
            .init(number: 2, id: "007", row: "007,a@example.com", refusal: "email: must be 3 to 254 characters")
        ])
        let written = try await fixture.write(options: ResultOptions(tables: [.csv, .xlsx]))
        let path = try #require(written.paths.tables.last)
        #expect(try Self.read(path).first?.rows[1].prefix(3) == [.number(2), .text("007"), .text("invalid")])
        #expect(written.summary.files.map(\.name).contains("results.xlsx"))
        #expect(try fixture.place.mode("\(fixture.folder)/results.xlsx") == 0o600)
        let again = try await fixture.write()
        #expect(again.paths.tables.count == 2 && !FileManager.default.fileExists(atPath: path))
    }

    private struct Interrupted: Error {}

    @Test(
        "A row that was changed in results.csv is changed in the workbook, also after an interruption",
        arguments: [false, true])
    func edited(isInterrupted: Bool) async throws {
        let fixture = try await BatchFixture(lines: [
            .init(number: 2, id: "007", row: "007,a@example.com", refusal: "email: must be 3 to 254 characters"),
            .init(number: 3, id: "008", row: "008,a@example.com", refusal: "email: must be 3 to 254 characters"),
        ])
        let written = try await fixture.write(options: ResultOptions(tables: [.csv, .jsonl, .xlsx]))
        let batch = try await fixture.store.batch(fixture.batch)
        let forgotten = ForgottenRow(line: 2, status: "invalid", forgottenAt: BatchFixture.start)
        var edits = LineEdits()
        edits.add(2..<3, .replaced(forgotten.csv(columns: ResultColumns.all, delimiter: UInt8(ascii: ","))))
        if isInterrupted {
            // The file after results.csv cannot be changed; the next time nothing of results.csv has to be.
            #expect(throws: Interrupted.self) {
                try ResultEdit(of: batch, in: written.paths.folder, isOwn: true).perform { name, _ in
                    if name == "results.jsonl" { throw Interrupted() }
                    return name == "results.csv" ? .edit(edits) : nil
                }
            }
            edits = LineEdits()
        }
        let changed = try ResultEdit(of: batch, in: written.paths.folder, isOwn: true).perform { name, _ in
            name == "results.csv" ? .edit(edits) : nil
        }
        let path = try #require(written.paths.tables.last)
        #expect(changed.contains(path))
        let rows = try #require(try Self.read(path).first?.rows)
        #expect(rows[1].prefix(3) == [.number(2), .nothing, .text("invalid")] && rows[2][1] == .text("008"))
        let before = written.summary.files.first { $0.name == "results.xlsx" }
        let after = ResultStamp(folder: written.paths.folder)
        #expect(after?.tells(of: batch) == true && before != nil)
        #expect(try !fixture.read("summary.json").contains(before?.sha256 ?? ""))
    }

    @Test(
        "Cells are read as they were written",
        arguments: [
            ("line,id\n1,a\n", [["line", "id"], ["1", "a"]]),
            ("line;id\n1;\"a;b\"\n", [["line", "id"], ["1", "a;b"]]),
            ("line,id\n1,\"a\"\"b\"\n", [["line", "id"], ["1", "a\"b"]]),
            ("line,id\n1,\"a\nb\"\n", [["line", "id"], ["1", "a\nb"]]),
            ("line\tid\n,\n", [["line", "id"], [","]]), ("line,id\n,\n", [["line", "id"], ["", ""]]),
        ])
    func cells(csv: String, rows: [[String]]) {
        var cells = CSVCells()
        #expect(csv.utf8.compactMap { cells.take($0) } == rows)
    }
}
