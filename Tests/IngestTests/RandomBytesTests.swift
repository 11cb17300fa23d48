import Foundation
import TestSupport
import Testing

@testable import Ingest

/// Bytes that no one wrote on purpose: nothing may crash, hang, or be lost.
struct RandomBytesTests {
    private static let pieces = [
        "\"", "\"\"", ",", ";", "\t", "\n", "\r\n", "\r", "a", "ä", "日本", "ACC-1", "1.5E+9", "a@example.com", " ", "{",
        "}", "[", "]", ":", "\"id\":", "\"user\":", "null", "\\u0000", "\\", "true", "17", "\u{FEFF}", "\u{1A}",
        "\u{A0}",
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
            let bytes = Array(text.utf8)
            var place = 0
            var passedOver: [UInt8] = []
            while true {
                let start = reader.offset
                let blanks = reader.blankLines
                guard let record = try reader.next() else {
                    passedOver += bytes[start...]
                    break
                }
                let end = reader.offset
                let found = try #require(Self.lastRange(of: Array(record.bytes), in: bytes[start..<end]))
                #expect(blanks < reader.blankLines || found.lowerBound == start)
                passedOver += bytes[start..<found.lowerBound] + bytes[found.upperBound..<end]
                place = end
            }
            #expect(passedOver.allSatisfy { !Self.isText($0) }, "\(text.debugDescription)")
            #expect(place <= bytes.count && reader.offset == bytes.count)
            let endsWithinLine = !text.isEmpty && text.utf8.last != Byte.newline
            #expect(reader.line == 1 + text.utf8.count { $0 == Byte.newline } + (endsWithinLine ? 1 : 0))
        }
    }

    private static func lastRange(of record: [UInt8], in bytes: ArraySlice<UInt8>) -> Range<Int>? {
        (bytes.startIndex...bytes.endIndex - record.count).last { bytes[$0...].starts(with: record) }
            .map { $0..<$0 + record.count }
    }

    /// What a row of empty cells does not hold.
    private static func isText(_ byte: UInt8) -> Bool {
        byte < 0x80 && InvisibleCharacters.isGraphic(byte) && byte != Byte.comma && byte != Byte.quote
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
