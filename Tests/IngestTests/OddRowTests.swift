import Basics
import RecordStore
import TestSupport
import Testing

@testable import Ingest

/// Rows that real files hold and that are no records, or are written otherwise than RFC 4180 has it.
struct OddRowTests {
    private static let header = "account_id,name,email\n"

    private static func survey(_ text: String, named name: String = "accounts.csv") throws -> FileSurvey {
        let folder = try TemporaryFolder()
        return try FileSurvey.survey(folder.open(text, named: name).examine())
    }

    @Test(arguments: ["Account_ID,Name,Email", "ACCOUNT_ID,NAME,EMAIL", "email,Name,ACCOUNT_ID"])
    func theHeaderOnceMoreIsInvalidInAnyCase(row: String) throws {
        let survey = try Self.survey(Self.header + "1001,Ada Stone,ada@example.com\n\(row)\n")
        #expect((survey.records, survey.invalid, survey.billableCalls) == (2, 1, 1))
        #expect(survey.rules.first?.refusal.description.contains("header") == true)
    }

    @Test
    func theHeaderOnceMoreIsInvalid() throws {
        let text =
            Self.header + "1001,Ada Stone,ada@example.com\n\u{FEFF}account_id, name ,\"email\",\n"
            + "1002,Ben Hill,ben@example.com\n"
        let survey = try Self.survey(text)
        #expect((survey.records, survey.invalid, survey.billableCalls) == (3, 1, 2))
        #expect(survey.rules.map(\.refusal.description) == ["the record is the header again; remove the line"])
        #expect(survey.rules.first?.lines == [3])
    }

    @Test
    func aHeaderOfAnotherOrderIsSaidToBeOne() throws {
        let built = try BuiltRecord.all(of: Self.header + "email,account_id,name\nname,name,name@example.com\n")
        #expect(built.first?.refusals.first?.contains("a header of another order") == true)
        #expect(built.last?.request != nil)
    }

    @Test(arguments: [",", ";", "\t"])
    func aDelimiterBehindTheLastCellIsNothing(delimiter: String) throws {
        let rows =
            "1001,Ada Stone,ada@example.com,\n1002,\"Hill, Ben\",ben@example.com,,\n1003,C,c@example.com, ,\"\"\n"
        let text = (Self.header + rows.replacing("Hill, ", with: "Hill ")).replacing(",", with: delimiter)
        let built = try BuiltRecord.all(of: text)
        #expect(built.map(\.id) == ["1001", "1002", "1003"] && built.allSatisfy { $0.request != nil }, "\(built)")
    }

    @Test
    func aCellTooManyWithTextIsStillOneTooMany() throws {
        let built = try BuiltRecord.all(
            of: Self.header + "1001,Ada,ada@example.com,,x\n1,\"A\",a@example.com,\"\",\"y\"\n")
        #expect(built.map(\.refusals) == [[Self.tooMany], [Self.tooMany]])
    }

    private static let tooMany = "the record " + RowFault.tooManyCells.rule

    @Test
    func aDelimiterBehindTheLastNameIsNoColumn() throws {
        for rows in ["1001,Ada,ada@example.com,\n", "1001,Ada,ada@example.com\n"] {
            let file = try TemporaryFolder().open("account_id,name,\"email\", ,\n" + rows)
            #expect(file.layout.columns == ["account_id", "name", "email"])
            #expect(String(decoding: file.layout.headerLine, as: UTF8.self) == "account_id,name,\"email\"")
            #expect(try BuiltRecord.all(of: file).first?.request != nil)
        }
    }

    @Test(arguments: ["accounts.csv", "accounts.jsonl"])
    func blankLinesAreCountedAndNoRecords(name: String) throws {
        let isCSV = name == "accounts.csv"
        let record = isCSV ? "1,Ada,a@example.com" : #"{"account_id":"1","email":"a@example.com"}"#
        let blanks =
            ["", "   ", "\u{A0}\t", "\u{1A}"] + (isCSV ? [",,", " , ,", "\"\",\" \",\"\"", "\u{FEFF},,", ",,,,,"] : [])
        for lineEnd in ["\n", "\r\n"] {
            let lines = [record] + blanks + [record, record]
            let survey = try Self.survey(
                (isCSV ? Self.header : "") + lines.joined(separator: lineEnd) + lineEnd, named: name)
            #expect((survey.records, survey.invalid, survey.blankLines) == (3, 0, blanks.count))
        }
    }

    @Test(arguments: [#""""""#, #"",,"","x""#, "\",\",,", ",,x"])
    func aRowWithAnythingInItIsARecord(row: String) throws {
        #expect(try Self.survey(Self.header + row + "\n").records == 1)
    }

    @Test
    func linesTakenInAreCountedLikeThoseLookedThrough() async throws {
        let stores = try await StoreFolder()
        let rows = (0..<12).map { "\($0),A,a\($0)@example.com\n,,\n\n" }.joined()
        let examined = try stores.folder.open(Self.header + rows).examine()
        let batch = try await stores.createBatch(for: examined)
        let ingester = Ingester(store: stores.store, chunkSize: IngestFeed.ChunkSize(records: 5, bytes: 1 << 20))
        let summary = try await ingester.ingest(examined, into: batch)
        #expect((summary.records, summary.blankLines) == (12, 24))
        #expect(try await stores.records(of: batch.id).map(\.line) == (0..<12).map { 2 + 3 * $0 })
    }

    @Test(arguments: ["\u{1A}", "\u{1A}\u{1A}\u{1A}", "\n\u{1A}", "\r\n\u{1A}"])
    func theOldMarkBehindATextIsPassedOver(end: String) throws {
        let csv = try Self.survey("account_id,name,email\r\n1001,Ada Stone,ada@example.com\(end)")
        #expect((csv.records, csv.invalid, csv.blankLines) == (1, 0, 0))
        let quoted = try Self.survey("account_id,email,name\r\n1001,ada@example.com,\"Ada\"\(end)")
        #expect((quoted.records, quoted.invalid) == (1, 0))
        let lines = try Self.survey("{\"account_id\":\"1\",\"email\":\"a@example.com\"}\(end)", named: "a.jsonl")
        #expect((lines.records, lines.invalid, lines.blankLines) == (1, 0, 0))
        #expect(try Self.survey("account_id,name,email\(end)").records == 0)
    }

    @Test
    func aMarkOfByteOrderBeforeALineIsNoPartOfIt() throws {
        let csv = try BuiltRecord.all(of: Self.header + "\u{FEFF}\"1\n2\",A,a@example.com\n\u{FEFF}2,B,b@example.com\n")
        #expect(csv.map(\.id) == ["1\n2", "2"])
        #expect(csv.last?.request != nil)
        let lines = try BuiltRecord.all(
            of: #"{"id":"k1","account_id":"3001","email":"a@example.com"}"# + "\n"
                + "\u{FEFF}" + #"{"id":"k2","account_id":"3002","email":"b@example.com"}"# + "\n", named: "a.jsonl")
        #expect(lines.map(\.id) == ["k1", "k2"] && lines.allSatisfy { $0.request != nil })
    }
}
