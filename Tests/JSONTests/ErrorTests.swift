import JSON
import Testing

struct ErrorTests {
    @Test(
        "an error gives the offset of the byte that breaks the rule",
        arguments: [
            ("", 0), ("[1,]", 3), (#"{"a":1,"a":2}"#, 7), ("[01]", 2), ("[1.x]", 3), (#"["\q"]"#, 2),
            (#"["\ud800"]"#, 2),
            ("[\"a\tb\"]", 3), ("[1] x", 4), ("[nul]", 1), ("[1 2]", 3), (#"{"a" 1}"#, 5), (#"["abc"#, 5),
            (#"["\u12x4"]"#, 6),
            ("\u{FEFF}{}", 0), (#"["a\"#, 4), ("{\"a\":1", 6),
        ])
    func offset(_ text: String, _ offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSONDocument(parsing: Array(text.utf8)) }
        #expect(error?.offset == offset)
    }

    @Test("a document of several lines gives the line too, one of a single line does not")
    func line() {
        let several = #expect(throws: JSONError.self) {
            try JSONDocument(parsing: Array("{\n\"a\":1,\n\"b\":x}\n".utf8))
        }
        #expect(several?.line == 3)
        let first = #expect(throws: JSONError.self) { try JSONDocument(parsing: Array("x\n".utf8)) }
        #expect(first?.line == 1)
        let single = #expect(throws: JSONError.self) { try JSONDocument(parsing: Array("{\"a\":x}".utf8)) }
        #expect(single?.line == nil)
    }

    @Test(
        "an error never repeats what the document holds",
        arguments: [
            #"{"email":"jane.doe@example.com","email":"jane.doe@example.com"}"#,
            #"{"jane.doe":1,"jane.doe":2}"#,
            #"{"email":"jane.doe"#,
            #"["jane.doe\x"]"#,
            #"jane.doe"#,
            #"{"a":"b"} jane.doe"#,
        ])
    func noValueInErrors(_ text: String) throws {
        let error = try #require(throws: JSONError.self) { try JSONDocument(parsing: Array(text.utf8)) }
        #expect(!"\(error)".contains("jane"))
        #expect(!error.rule.contains("jane"))
    }

    @Test("the description names place and rule")
    func description() {
        #expect(JSONError(offset: 7, rule: "r").description == "not valid JSON at byte 7: r")
        #expect(JSONError(offset: 7, line: 2, rule: "r").description == "not valid JSON at line 2, byte 7: r")
    }

    @Test("duplicates are found among many members as among few", arguments: [2, 23, 24, 25, 26, 1000])
    func manyMembers(_ count: Int) throws {
        let members = (0..<count).map { "\"k\($0)\":\($0)" }
        let unique = "{" + members.joined(separator: ",") + "}"
        #expect(try JSONDocument(parsing: Array(unique.utf8)).root.count == count)
        let doubled = "{" + members.joined(separator: ",") + ",\"\\u006b0\":1}"
        let error = #expect(throws: JSONError.self) { try JSONDocument(parsing: Array(doubled.utf8)) }
        #expect(error?.offset == unique.utf8.count)
    }
}
