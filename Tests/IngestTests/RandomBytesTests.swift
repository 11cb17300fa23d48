import Foundation
import TestSupport
import Testing

@testable import Ingest

/// Bytes that no one wrote on purpose: nothing may crash, hang, or be lost.
struct RandomBytesTests {
    private static let pieces = [
        "\"", "\"\"", ",", ";", "\t", "\n", "\r\n", "\r", "a", "ä", "日本", "ACC-1", "1.5E+9", "a@example.com", " ", "{",
        "}", "[", "]", ":", "\"id\":", "\"user\":", "null", "\\u0000", "\\", "true", "17", "\u{FEFF}",
    ]

    private static func text(_ random: inout SeededRandom, upTo count: Int) -> String {
        (0..<Int.random(in: 0...count, using: &random))
            .map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }.joined()
    }

    @Test(arguments: 0..<8)
    func everyByteBelongsToExactlyOneRecordOrLineEnd(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<400 {
            let text = Self.text(&random, upTo: 60)
            var reader = RecordReader(source: MemorySource(text), delimiter: Byte.comma, offset: 0, line: 1)
            var rest = Array(text.utf8)[...]
            while let record = try reader.next() {
                while !rest.starts(with: record.bytes), rest.first == Byte.newline || rest.first == Byte.carriageReturn
                {
                    rest = rest.dropFirst()
                }
                #expect(rest.starts(with: record.bytes))
                rest = rest.dropFirst(record.bytes.count)
            }
            #expect(rest.allSatisfy { $0 == Byte.newline || $0 == Byte.carriageReturn }, "\(text.debugDescription)")
            #expect(reader.offset == text.utf8.count)
            let endsWithinLine = !text.isEmpty && text.utf8.last != Byte.newline
            #expect(reader.line == 1 + text.utf8.count { $0 == Byte.newline } + (endsWithinLine ? 1 : 0))
        }
    }

    @Test(arguments: 0..<8)
    func blocksOfAnySizeGiveTheSameRecords(seed: UInt64) throws {
        var random = SeededRandom(seed: 100 + seed)
        for _ in 0..<200 {
            let text = Self.text(&random, upTo: 60)
            let whole = try ReadRecord.all(of: MemorySource(text), limit: 40)
            let portion = Int.random(in: 1...9, using: &random)
            let pieces = try ReadRecord.all(of: MemorySource(text, portion: portion), limit: 40, portion: portion)
            #expect(whole == pieces, "\(text.debugDescription) in portions of \(portion)")
        }
    }

    @Test(arguments: 0..<4, ["accounts.csv", "accounts.jsonl"])
    func anyFileIsReadOrRefused(seed: UInt64, name: String) throws {
        var random = SeededRandom(seed: 200 + seed)
        let folder = try TemporaryFolder()
        let head = name == "accounts.csv" ? "account_id,email,name\n" : "{\"user\":{}}\n"
        for round in 0..<150 {
            var bytes = Array(((round % 3 == 0 ? "" : head) + Self.text(&random, upTo: 40)).utf8)
            if round % 5 == 0 { bytes += (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) } }
            let path = try folder.write(bytes, named: name)
            guard let examined = try? InputFile.open(path: path).examine() else { continue }
            let survey = try FileSurvey.survey(examined)
            #expect(survey.records >= survey.invalid)
        }
    }
}
