import Foundation
import JSON
import Testing

struct ValueTests {
    @Test(
        "integers are exact or nil",
        arguments: [
            ("0", 0), ("-0", 0), ("42", 42), ("-42", -42), ("9223372036854775807", .max),
            ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("18446744073709551616", nil),
            ("99999999999999999999999999", nil), ("1.0", nil), ("1e3", nil), ("1E0", nil), ("\"1\"", nil),
            ("true", nil),
        ] as [(String, Int64?)])
    func integers(_ text: String, _ expected: Int64?) throws {
        #expect(try node(text).integer == expected)
    }

    @Test(
        "doubles are the nearest to the text",
        arguments: [
            "0", "-0.0", "0.125", "0.1", "123.456", "1e22", "1e23", "9007199254740993", "2.2250738585072011e-308",
            "4.9406564584124654e-324", "1.7976931348623157e308",
            "0.500000000000000166533453693773481063544750213623046875",
            "1e-400", "-1E-2", "100000000000000016777215", "6.631236846766476e-316",
        ])
    func doubles(_ text: String) throws {
        let value = try #require(try node(text).double)
        #expect(value.bitPattern == strtod(text, nil).bitPattern)
    }

    @Test("a number beyond double has none", arguments: ["1e309", "-1e400", "1e99999999999"])
    func tooLargeForDouble(_ text: String) throws {
        #expect(try node(text).double == nil)
        #expect(try node(text).kind == .number)
    }

    @Test(
        "a number's text stays as written",
        arguments: ["1.50", "1E+2", "-0", "0.10e-01", "123456789012345678901234567890"])
    func rawNumbers(_ text: String) throws {
        #expect(try Array(node(" [\(text)] ")[0]?.raw ?? []) == Array(text.utf8))
    }

    @Test(
        "strings are unescaped",
        arguments: [
            (#""""#, ""), (#""abc""#, "abc"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#""\u0041\u00e9\u20AC""#, "Aé€"),
            (#""x\uD83D\uDE00y""#, "x😀y"), (#""\uDBFF\uDFFF""#, "\u{10FFFF}"), (#""\u0000""#, "\0"),
            (#""\\u0041""#, "\\u0041"),
            (#""日本\t語""#, "日本\t語"),
        ])
    func strings(_ text: String, _ expected: String) throws {
        let node = try node(text)
        #expect(node.string == expected)
        #expect(node.stringBytes == Array(expected.utf8))
        #expect(node.withStringBytes { Array($0) } == Array(expected.utf8))
        #expect(Array(node.raw) == Array(text.utf8))
    }

    @Test("each kind answers only for itself")
    func kinds() throws {
        let texts = ["{}", "[]", "\"s\"", "1", "true", "null"]
        let kinds: [JSONNode.Kind] = [.object, .array, .string, .number, .boolean, .null]
        for (text, kind) in zip(texts, kinds) {
            let node = try node(text)
            #expect(node.kind == kind)
            #expect((node.string != nil) == (kind == .string))
            #expect((node.stringBytes != nil) == (kind == .string))
            #expect((node.integer != nil) == (kind == .number))
            #expect((node.double != nil) == (kind == .number))
            #expect((node.boolean != nil) == (kind == .boolean))
            #expect(node.isNull == (kind == .null))
            #expect(node.count == 0)
            #expect(node["a"] == nil)
            #expect(node[0] == nil)
        }
        #expect(try node("false").boolean == false)
        #expect(try node("true").boolean == true)
    }

    @Test("members are found by name, escaped or not, among nested ones")
    func members() throws {
        let root = try node(#"{"a":{"b":[1,{"b":2}],"c":3},"b":4,"\u0063":5,"":6,"né":7}"#)
        #expect(root["a"]?["b"]?[1]?["b"]?.integer == 2)
        #expect(root["a"]?["c"]?.integer == 3)
        #expect(root["b"]?.integer == 4)
        #expect(root["c"]?.integer == 5)
        #expect(root[""]?.integer == 6)
        #expect(root["né"]?.integer == 7)
        #expect(root["d"] == nil)
        #expect(root["ne\u{301}"] == nil)
        #expect(root.count == 5)
        #expect(root.members.map(\.key) == ["a", "b", "c", "", "né"])
        #expect(root.members.map(\.value.kind) == [.object, .number, .number, .number, .number])
    }

    @Test("elements come in order and are bounded")
    func elements() throws {
        let root = try node(#"[[1,[2]],{"a":[3]},"4",5]"#)
        #expect(root.elements.map(\.kind) == [.array, .object, .string, .number])
        #expect(root.count == 4)
        #expect(root[3]?.integer == 5)
        #expect(root[4] == nil)
        #expect(root[-1] == nil)
    }

    @Test("a node keeps its document alive")
    func nodesOutliveTheDocument() throws {
        func leaf() throws -> JSONNode? { try JSONDocument(parsing: Array(#"{"a":["x"]}"#.utf8)).root["a"]?[0] }
        #expect(try leaf()?.string == "x")
    }

    @Test("parsing a copy of foreign memory gives the same document")
    func copying() throws {
        let document = try Array(#"{"a":1}"#.utf8).withUnsafeBytes { try JSONDocument(copying: $0) }
        #expect(document.root["a"]?.integer == 1)
        #expect(document.bytes == Array(#"{"a":1}"#.utf8))
    }

    private func node(_ text: String) throws -> JSONNode {
        try JSONDocument(parsing: Array(text.utf8)).root
    }
}
