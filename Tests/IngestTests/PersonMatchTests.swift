import OpenSSL
import TestSupport
import Testing

@testable import Ingest

/// Whose a row is, also where it cannot be taken apart, so that nobody can tell its id from its other values.
struct PersonMatchTests {
    /// For each row of a file, which of some ids it belongs to.
    private static func places(
        of ids: [String], also accounts: Set<String> = [], in text: String, named name: String
    ) throws -> [Int?] {
        let folder = try TemporaryFolder()
        let file = try folder.open(text, named: name)
        var match = try PersonMatch(ids, also: accounts, layout: file.layout, accountKey: nil)
        var records = file.records()
        var places: [Int?] = []
        while let record = try records.next() {
            places.append(try match.place(of: Array(record.bytes), id: nil, line: record.line))
        }
        return places
    }

    private static let header = "id,account_id,email"

    @Test(
        "A row of CSV that cannot be taken apart is a person's where an id is one of its values, and only there",
        arguments: [
            "r1,acct-1", "r1,acct-1,a@example.com,z", "x,y,z,r1", #""r1",acct-1"#, #"r1,"acct-1"x,a@example.com"#,
            #"r1,acct"1,a@example.com"#, #"r1,"never closed"#, " r1 \u{200B},acct-1", "acct-1,r9",
            #""a,b",acct-1"#, #"="r1",z"#,
        ])
    func csv(row: String) throws {
        let (first, last) = ("r0,acct-0,z@example.com", "r7,acct-7,y@example.com")
        // Behind the row a quote is closed that it may open.
        let found = try Self.places(
            of: ["r1", "acct-1"], in: "\(Self.header)\n\(first)\n\(row)\n", named: "a.csv")
        #expect(found.count == 2 && found[0] == nil && found[1] != nil, "\(found)")
        let others = try Self.places(
            of: ["r", "cct-1", "r11", "example.com"], in: "\(Self.header)\n\(last)\n\(row)\n", named: "a.csv")
        #expect(others == [nil, nil], "\(others)")
    }

    @Test(
        "So is a line that is no JSON object, or no JSON",
        arguments: [
            #"{"id":"r1","account_id":"acct-1""#, #""r1""#, #"["r1"]"#, "r1,acct-1", #"{"id":"r1","id":"r2"}"#,
            #"{"id":"r1","email":"a@exa"#, #"["\u0072\u0031"]"#, #"{"hashed_account_id":acct-1}"#,
        ])
    func json(row: String) throws {
        let other = #"{"id":"r0","account_id":"acct-0","email":"z@example.com"}"#
        let found = try Self.places(of: ["r1", "acct-1"], in: "\(other)\n\(row)\n", named: "a.jsonl")
        #expect(found[0] == nil && found[1] != nil, "\(found)")
        #expect(try Self.places(of: ["r", "acct"], in: "\(other)\n\(row)\n", named: "a.jsonl") == [nil, nil])
    }

    @Test("By the hash of an account, too, whether it is given or stands there")
    func hashed() throws {
        let hash = try SHA256.hex(Array("acct-1".utf8))
        let rows = "\(Self.header)\nr1,acct-1\nr2,\(hash)\n"
        #expect(try Self.places(of: [hash], in: rows, named: "a.csv") == [0, 0])
        #expect(try Self.places(of: ["acct-1"], in: rows, named: "a.csv") == [0, 0])
        #expect(try Self.places(of: ["nobody"], also: [hash], in: rows, named: "a.csv") == [1, 1])
    }

    @Test("A row that cannot be taken apart is not that of the person of the row before")
    func before() throws {
        let csv = "\(Self.header)\nr1,acct-1,a@example.com\nr2,acct-2\n\(Self.header)\nr3,acct-3,c@example.com,z\n"
        #expect(try Self.places(of: ["acct-1"], in: csv, named: "a.csv") == [0, nil, nil, nil])
        let json = #"{"id":"r1","account_id":"acct-1","email":"a@example.com"}"# + "\nbroken\n[1]\n"
        #expect(try Self.places(of: ["acct-1"], in: json, named: "a.jsonl") == [0, nil, nil])
    }
}
