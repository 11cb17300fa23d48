import Testing

@testable import Operations

struct PersonIDsTests {
    @Test(
        "Each once and as bytes tell them apart, whatever the lines end with; what cannot be seen at the ends is taken off",
        arguments: [
            ("a\nb\n", ["a", "b"], [1, 2]),
            ("a\r\n\r\nb", ["a", "b"], [1, 3]),
            ("a\rb\r", ["a", "b"], [1, 2]),
            ("\u{FEFF}a\n \u{200B}b\u{00A0} \n", ["a", "b"], [1, 2]),
            ("a b c\n007\n7\n", ["a b c", "007", "7"], [1, 2, 3]),
            ("a\na\n\nb\n", ["a", "b"], [1, 4]),
            // One letter in two forms of Unicode: two ids.
            ("\u{E9}\ne\u{301}\n", ["\u{E9}", "e\u{301}"], [1, 2]),
        ] as [(String, [String], [Int])])
    func read(text: String, ids: [String], lines: [Int]) throws {
        let read = try PersonIDs(reading: Array(text.utf8))
        #expect(read.texts.map { Array($0.utf8) } == ids.map { Array($0.utf8) })
        #expect(read.lines == lines)
    }

    @Test(
        "Another encoding is refused with the line: in it an id would be found nowhere",
        arguments: [
            (Array("a\nM".utf8) + [0xFC] + Array("ller\n".utf8), 2),
            ([0xFF, 0xFE, 0x61, 0x00], 1),
            ([0x61, 0x00, 0x0A, 0x00], 1),
        ] as [([UInt8], Int)])
    func encoding(text: [UInt8], line: Int) {
        #expect {
            try PersonIDs(reading: text)
        } throws: { error in
            let failure = error as? OperationFailure
            return failure?.status == .inputUnusable && failure?.message.contains("line \(line) ") == true
        }
    }

    @Test("No id is a usage error", arguments: ["", " \n\n", "\u{FEFF}\r\n"])
    func none(text: String) {
        #expect {
            try PersonIDs(reading: Array(text.utf8))
        } throws: {
            ($0 as? OperationFailure)?.status == .usage
        }
    }

    @Test("Those without a find are told by their lines, never by themselves")
    func nothingFound() throws {
        let ids = try PersonIDs(reading: Array("a\n\nb\nc\n".utf8))
        #expect(PersonIDs.notFound("nothing", onLines: ids.lines(besides: [0, 1, 2])) == nil)
        #expect(
            PersonIDs.notFound("nothing", onLines: ids.lines(besides: [0, 2]))
                == "nothing was found for the id on line 3 of those given")
        #expect(
            PersonIDs.notFound("nothing", onLines: ids.lines(besides: []))
                == "nothing was found for the ids on lines 1, 3, 4 of those given")
    }
}
