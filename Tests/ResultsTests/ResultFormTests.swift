import Foundation
import Ingest
import RecordStore
import Results
import TestSupport
import Testing

/// The form of `results.csv`, and the files of lines that are given back.
@Suite struct ResultFormTests {
    private static let lines = [
        BatchFixture.Line(number: 2, id: "=A1", row: "=A1,a@example.com"),
        BatchFixture.Line(number: 3, id: "'-2", row: "'-2,b@example.com"),
        BatchFixture.Line(number: 4, id: "C;4", row: "C;4,c@example.com"),
    ]

    private func ids(_ fixture: BatchFixture, _ delimiter: Character) throws -> [String] {
        try fixture.read("results.csv").split(separator: "\n").dropFirst().map { row in
            String(row.split(separator: delimiter, omittingEmptySubsequences: false)[1])
        }
    }

    @Test func idsAreAsTheyAreUnlessTheyAreToBeSafe() async throws {
        let fixture = try await BatchFixture(lines: Self.lines)
        try await fixture.write()
        #expect(try ids(fixture, ",") == ["=A1", "'-2", "C;4"])
        try await fixture.write(options: ResultOptions(guardsIDs: true))
        #expect(try ids(fixture, ",") == ["'=A1", "''-2", "C;4"])
        // Of the JSON no spreadsheet runs anything.
        #expect(try fixture.read("results.jsonl").contains(#""id":"=A1""#))
    }

    @Test func theDelimiterIsACommaASemicolonOrTheInputs() async throws {
        let fixture = try await BatchFixture(lines: Self.lines)
        let semicolon = BatchFixture.Form(.csv(delimiter: UInt8(ascii: ";")), header: "id;email")
        try await fixture.write(semicolon)
        #expect(try fixture.read("results.csv").hasPrefix("line,id,status"))
        try await fixture.write(semicolon, options: ResultOptions(delimiter: .input))
        #expect(try fixture.read("results.csv").hasPrefix("line;id;status"))
        #expect(try fixture.read("results.csv").contains("\n4;\"C;4\";queued;"))
        try await fixture.write(options: ResultOptions(delimiter: .semicolon))
        #expect(try fixture.read("results.csv").hasPrefix("line;id;status"))
        try await fixture.write(.jsonLines, options: ResultOptions(delimiter: .input))
        #expect(try fixture.read("results.csv").hasPrefix("line,id,status"))
    }

    @Test(
        "The tables that are asked for are written, and those of an earlier choice go",
        arguments: [[.csv], [.jsonl], [.csv, .jsonl], [.csv, .xlsx], [.csv, .jsonl, .xlsx]] as [Set<ResultTable>])
    func tables(tables: Set<ResultTable>) async throws {
        let fixture = try await BatchFixture(lines: Self.lines)
        try await fixture.write(options: ResultOptions(tables: Set(ResultTable.allCases)))
        let written = try await fixture.write(options: ResultOptions(tables: tables))
        let names = tables.map(\.fileName).sorted()
        let folder = written.paths.folder
        let found = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("results.") }
        #expect(found.sorted() == names)
        #expect(written.paths.tables == names.map { "\(folder)/\($0)" })
        #expect(written.summary.files.map(\.name).filter { $0.hasPrefix("results.") }.sorted() == names)
        let batch = try await fixture.store.batch(fixture.batch)
        #expect(ResultStamp(folder: folder)?.tells(of: batch) == true)
    }

    @Test func linesThatWereGivenUpAreGivenBackByThemselves() async throws {
        let fixture = try await BatchFixture(lines: Self.lines)
        try await fixture.attempt { $0.id.line == 2 ? BatchFixture.success($0, "{}") : nil }
        try await fixture.store.setState(fixture.batch, to: .cancelled, reason: nil)
        let written = try await fixture.write()
        let why = "its batch was cancelled before this line was answered"
        #expect(
            try fixture.read("cancelled.csv") == "id,email,_status,_reason,_line,_batch\n"
                + "''-2,b@example.com,cancelled,\(why),3,accounts-1\n"
                + "C;4,c@example.com,cancelled,\(why),4,accounts-1\n")
        #expect(written.paths.cancelled?.hasSuffix("/out/accounts-1/cancelled.csv") == true)
        #expect(written.paths.failed == nil && written.paths.inDoubt == nil)
        #expect(written.summary.files.map(\.name).contains("cancelled.csv"))
    }
}
