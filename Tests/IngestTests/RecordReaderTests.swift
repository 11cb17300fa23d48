import Testing

@testable import Ingest

struct RecordReaderTests {
    struct Case: CustomTestStringConvertible {
        let name: String
        let text: String
        let records: [ReadRecord]

        init(_ name: String, _ text: String, _ records: [ReadRecord]) {
            (self.name, self.text, self.records) = (name, text, records)
        }

        var testDescription: String { name }
    }

    static let cases = [
        Case("nothing", "", []),
        Case("LF", "a,b\nc,d\n", [.init(1, "a,b"), .init(2, "c,d")]),
        Case("no line end at the end", "a,b\nc,d", [.init(1, "a,b"), .init(2, "c,d")]),
        Case("CRLF", "a,b\r\nc,d\r\n", [.init(1, "a,b"), .init(2, "c,d")]),
        Case("LF and CRLF mixed", "a\r\nb\nc\r\n", [.init(1, "a"), .init(2, "b"), .init(3, "c")]),
        Case("half a CRLF at the end", "a\r", [.init(1, "a")]),
        Case("empty lines", "\n\na\n\r\n\nb\n\n", [.init(3, "a"), .init(6, "b")]),
        Case("quoted newline", "a,\"b\nc\"\nd\n", [.init(1, "a,\"b\nc\""), .init(3, "d")]),
        Case("quoted CRLF", "\"b\r\nc\",x\r\nd\r\n", [.init(1, "\"b\r\nc\",x"), .init(3, "d")]),
        Case("quoted newlines in two cells", "\"a\n\",\"\n\n\"\nz", [.init(1, "\"a\n\",\"\n\n\""), .init(5, "z")]),
        Case("quoted newlines and nothing else", "\"\n\",\"\n\n\"\nz", [.init(5, "z")]),
        Case("doubled quotes", "\"a\"\"b\n\"\"\"\nc", [.init(1, "\"a\"\"b\n\"\"\""), .init(3, "c")]),
        Case("empty quoted cells", "\"\",\"\"\n\"\"\nx", [.init(3, "x")]),
        Case("quote inside a plain cell", "a\"b\nc", [.init(1, "a\"b"), .init(2, "c")]),
        Case("quotes around nothing at the end", "a\n\"\"", [.init(1, "a")]),
        Case("quotes around a quote", "a\n\"\"\"\"", [.init(1, "a"), .init(2, "\"\"\"\"")]),
        Case("rows of empty cells", ",,\n a\n , \t\n\"\",\n\u{A0}\nb,", [.init(2, " a"), .init(6, "b,")]),
        Case("the old mark at the end", "a,b\n\u{1A}", [.init(1, "a,b")]),
        Case("the old mark behind a row", "a,b\u{1A}\u{1A}", [.init(1, "a,b")]),
        Case("the old mark elsewhere", "a\u{1A}\nb", [.init(1, "a\u{1A}"), .init(2, "b")]),
        Case("a mark of byte order", "a\n\u{FEFF}\"b\nc\",d\n", [.init(1, "a"), .init(2, "\u{FEFF}\"b\nc\",d")]),
        Case("lone quote at the end", "a,b\nc,d\n\"", [.init(1, "a,b"), .init(2, "c,d"), .init(3, "\"")]),
        Case("lone quote in the last row", "a\nb,\"c\nd\n", [.init(1, "a"), .init(2, "b,\"c"), .init(3, "d")]),
        Case(
            "lone quote before a quoted cell spoils its own line only", "a,\"b\nc,\"d\"\ne\n",
            [.init(1, "a,\"b"), .init(2, "c,\"d\""), .init(3, "e")]),
        Case("text behind a closing quote", "\"a\"b\nc\n", [.init(1, "\"a\"b"), .init(2, "c")]),
        Case("CR alone behind a closing quote", "\"a\"\rb\nc", [.init(1, "\"a\"\rb"), .init(2, "c")]),
        Case("closing quote at the end", "\"a\nb\"", [.init(1, "\"a\nb\"")]),
        Case("closing quote and CR at the end", "\"a\nb\"\r", [.init(1, "\"a\nb\"")]),
        Case("characters of several bytes", "ä,日本\n\"é\n😀\"\n", [.init(1, "ä,日本"), .init(2, "\"é\n😀\"")]),
    ]

    @Test(arguments: cases)
    func readsRecordsAtTheirLines(_ example: Case) throws {
        #expect(try ReadRecord.all(of: MemorySource(example.text)) == example.records)
    }

    @Test(arguments: cases)
    func readsTheSameWhereverABlockEnds(_ example: Case) throws {
        for split in 0...example.text.utf8.count {
            let records = try ReadRecord.all(of: MemorySource(example.text, split: split))
            #expect(records == example.records, "split at \(split)")
        }
        #expect(try ReadRecord.all(of: MemorySource(example.text, portion: 1)) == example.records)
    }

    @Test(arguments: cases)
    func readsTheSameThroughASmallBuffer(_ example: Case) throws {
        for portion in 1...4 {
            let records = try ReadRecord.all(of: MemorySource(example.text), limit: 16, portion: portion)
            #expect(records == example.records, "portions of \(portion)")
        }
    }

    @Test
    func readsLinesOfJSONWithoutRegardToQuotes() throws {
        let text = "{\"a\":\"b\n\n  \n\"c\n"
        let records = try ReadRecord.all(of: MemorySource(text), delimiter: nil)
        #expect(records == [.init(1, "{\"a\":\"b"), .init(4, "\"c")])
    }

    @Test
    func goesOnWhereItWasLeftOff() throws {
        let text = "a\n\"b\nc\",x\n\nd\ne"
        let whole = try ReadRecord.all(of: MemorySource(text))
        var places: [(Int, Int)] = [(0, 1)]
        var reader = RecordReader(source: MemorySource(text), delimiter: Byte.comma, offset: 0, line: 1)
        while try reader.next() != nil { places.append((reader.offset, reader.line)) }
        for (count, place) in places.enumerated() {
            var later = RecordReader(
                source: MemorySource(text), delimiter: Byte.comma, offset: place.0, line: place.1)
            var rest: [ReadRecord] = []
            while let record = try later.next() {
                rest.append(ReadRecord(record.line, String(decoding: record.bytes, as: UTF8.self)))
            }
            #expect(rest == Array(whole.dropFirst(count)))
        }
    }
}
