import Testing

@testable import Ingest

struct OverlongRecordTests {
    private let long = String(repeating: "x", count: 40)
    private let limit = 16

    private func read(_ text: String, portion: Int = 8) throws -> [ReadRecord] {
        try ReadRecord.all(of: MemorySource(text), limit: limit, portion: portion)
    }

    @Test(arguments: [1, 2, 3, 8, 64, 1000])
    func passesOverALongLineAndGoesOn(portion: Int) throws {
        let records = try read("a,b\n\(long),c\nd,e\n", portion: portion)
        #expect(records == [.init(1, "a,b"), .init(2, "", isTooLong: true), .init(3, "d,e")])
    }

    @Test(arguments: [1, 2, 3, 8, 64, 1000])
    func passesOverALongQuotedCellWithItsNewlines(portion: Int) throws {
        let records = try read("a\n\"\(long)\n\"\"\n\(long)\",c\nd\n", portion: portion)
        #expect(records == [.init(1, "a"), .init(2, "", isTooLong: true), .init(5, "d")])
    }

    @Test
    func passesOverALongRecordAtTheEnd() throws {
        #expect(try read("a\n\(long)") == [.init(1, "a"), .init(2, "", isTooLong: true)])
        #expect(try read("a\n\"\(long)\"") == [.init(1, "a"), .init(2, "", isTooLong: true)])
        #expect(try read("a\n\"\(long)\"\r") == [.init(1, "a"), .init(2, "", isTooLong: true)])
    }

    @Test(arguments: [1, 8, 1000])
    func aLoneQuoteBeforeManyLinesSpoilsItsOwnLineOnly(portion: Int) throws {
        let rows = (2...30).map { "row \($0),y" }
        let records = try read("a,\"b\n" + rows.joined(separator: "\n") + "\n", portion: portion)
        #expect(records == [.init(1, "a,\"b")] + rows.enumerated().map { ReadRecord($0 + 2, $1) })
    }

    @Test
    func aLoneQuoteInALongLineSpoilsItsOwnLineOnly() throws {
        let records = try read("\"\(long)\nb\n\(long)\nc")
        #expect(
            records == [.init(1, "", isTooLong: true), .init(2, "b"), .init(3, "", isTooLong: true), .init(4, "c")])
    }

    @Test
    func textBehindALongQuotedCellSpoilsTheFirstLineOnly() throws {
        let records = try read("\"a\n\(long)\"b\nc\n")
        #expect(records == [.init(1, "\"a"), .init(2, "", isTooLong: true), .init(3, "c")])
    }

    @Test(arguments: [15, 16, 17, 18, 19])
    func theLimitIsOfTheRecordWithoutItsLineEnd(count: Int) throws {
        let row = String(repeating: "y", count: count)
        let expected = count <= limit ? ReadRecord(1, row) : ReadRecord(1, "", isTooLong: true)
        for end in ["\n", "\r\n"] {
            #expect(try read(row + end + "z") == [expected, .init(2, "z")])
        }
    }

    @Test
    func aFieldOf64MegabytesIsPassedOver() throws {
        var bytes = Array("id,name\n1,\"".utf8)
        bytes += [UInt8](repeating: UInt8(ascii: "n"), count: 64 << 20)
        bytes += Array("\"\n2,b\n".utf8)
        let records = try ReadRecord.all(of: MemorySource(bytes))
        #expect(records == [.init(1, "id,name"), .init(2, "", isTooLong: true), .init(3, "2,b")])
    }
}
