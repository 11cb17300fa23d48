import Foundation
import JSON
import RecordStore
import TestSupport
import Testing

@testable import Results

@Suite("What is left in result files of a person who was forgotten")
struct ForgottenRowTests {
    /// 28 November 2026, 23:59 UTC.
    private static let row = ForgottenRow(line: 7, status: "succeeded", forgottenAt: 1_795_910_340_000)

    @Test(
        "Line, status and the warning, under whatever columns the file has",
        arguments: [
            (["line", "id", "status", "warnings"], ",", "7,,succeeded,forgotten 2026-11-28\n"),
            (["line", "id", "status", "warnings", "alerts", "new"], ";", "7;;succeeded;forgotten 2026-11-28;;\n"),
            (["line", "status"], "\t", "7\tsucceeded\n"),
        ])
    func csv(columns: [String], delimiter: Character, text: String) throws {
        let bytes = Self.row.csv(columns: columns, delimiter: try #require(delimiter.asciiValue))
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test("A line of JSON has the members of any other, in their order")
    func json() throws {
        var format = ResultJSONFormat()
        let other = ResultRow(
            line: 1, id: [], rawRow: nil, status: .queued, attempts: 0, isHeld: false, isResolvedByHand: false,
            httpStatus: nil, reasonCode: nil, error: nil, correlationID: nil, requestRefID: nil, submittedAt: nil,
            completedAt: nil, reusedFrom: nil, ownWarning: nil, answer: nil, forgottenAt: nil)
        let (mine, others) = (
            try JSONDocument(parsing: Self.row.jsonLine).root,
            try JSONDocument(parsing: format.line(other, AnswerCells())).root
        )
        #expect(mine.members.map(\.0) == others.members.map(\.0))
        #expect(mine["line"]?.integer == 7 && mine["status"]?.string == "succeeded")
        #expect(mine["warnings"]?.elements.map(\.string) == ["forgotten 2026-11-28"])
        let left = mine.members.filter { !["line", "status", "warnings", "alerts"].contains($0.0) }
        #expect(left.allSatisfy { $0.1.isNull } && mine["alerts"]?.elements.map(\.string).isEmpty == true)
        #expect(Self.row.jsonLine.last == UInt8(ascii: "\n"))
    }
}
