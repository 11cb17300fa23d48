import TestSupport
import Testing

@testable import JSON

struct RepairTests {
    /// Text whose form is at fault, and the strict JSON it stands for.
    static let faults: [(text: String, strict: String)] = [
        ("\u{FEFF}[1]", "[1]"),
        (#"["\ud83d"]"#, "[\"\u{FFFD}\"]"), (#"["\ud83dx"]"#, "[\"\u{FFFD}x\"]"), (#"["\ude00"]"#, "[\"\u{FFFD}\"]"),
        (#"["\ud83d\ud83d\ude00"]"#, "[\"\u{FFFD}\u{1F600}\"]"), (#"["\ud83d\n"]"#, "[\"\u{FFFD}\\n\"]"),
        (#"["\u12"]"#, #"["\\u12"]"#), (#"["\x41"]"#, #"["\\x41"]"#), ("[\"a\tb\0\"]", #"["a\tb\u0000"]"#),
        ("[NaN,nan,Infinity,-Infinity,+inf]", "[null,null,null,null,null]"), ("[True,NULL]", "[true,null]"),
        ("[007,+5,-00.50,.5,5.,00,1E5,1.e-3]", "[7,5,-0.50,0.5,5,0,1E5,1e-3]"),
        (#"{"a":1,"a":2}"#, #"{"a":1}"#), (#"{"a":1,"\u0061":{"b":[1,2]},"c":3}"#, #"{"a":1,"c":3}"#),
        (#"{"a":{"x":1,"x":2},"b":1,"a":[3],"b":2}"#, #"{"a":{"x":1},"b":1}"#),
        ("[1,]", "[1]"), (#"{"a":1,,"b":2,}"#, #"{"a":1,"b":2}"#), ("[,1]", "[1]"),
        (#"{"a":1} {"b":2}"#, #"{"a":1}"#), ("[1]\0\0", "[1]"), ("1 2", "1"),
    ]

    @Test(arguments: faults)
    func aFaultOfFormIsMended(text: String, strict: String) throws {
        #expect(throws: JSONError.self) { try JSONDocument(parsing: Array(text.utf8)) }
        let document = try #require(JSONDocument(repairing: Array(text.utf8)))
        #expect(String(decoding: document.bytes, as: UTF8.self) == strict)
    }

    @Test func bytesThatAreNoUTF8AreReplaced() throws {
        let document = try #require(JSONDocument(repairing: [0x5B, 0x22, 0x61, 0xFF, 0x22, 0x5D]))
        #expect(document.root[0]?.string == "a\u{FFFD}")
    }

    @Test(arguments: [
        "", " ", "\u{FEFF}", "jane", "<html>", "{", "[", "[1", #"{"a""#, #"{"a":"#, #"{"a":1"#, #""jane"#, #"["\"#,
        "[1 2]", "{1:2}", #"{"a" 1}"#, #"{"a":1 "b":2}"#, "]", "}", "[}", "{]", "-", "+", ".", "e5", "1e", "1x", "--1",
        "[1}", "'a'", "nul", "\0", "-true",
    ])
    func whatIsNoJSONEvenSoStaysSo(text: String) {
        #expect(JSONDocument(repairing: Array(text.utf8)) == nil)
    }

    @Test func whatIsNestedTooDeepIsLeftOut() throws {
        let deep =
            #"{"a":[[{"x":"]"}]],"b":"# + String(repeating: "[", count: 600) + #""}""#
            + String(repeating: "]", count: 600) + #","c":1}"#
        let document = try #require(JSONDocument(repairing: Array(deep.utf8)))
        #expect(document.root["c"]?.integer == 1)
        var (node, depth) = (document.root["b"], 1)
        while let inner = node?[0] { (node, depth) = (inner, depth + 1) }
        #expect(node?.isNull == true && depth == JSONDocument.greatestDepth)
    }

    @Test func nestingCannotExhaustTheStack() {
        let brackets = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(JSONDocument(repairing: brackets) == nil)
        let closed = brackets + [UInt8](repeating: UInt8(ascii: "]"), count: 1_000_000)
        #expect(JSONDocument(repairing: closed) != nil)
    }

    @Test func whatIsStrictKeepsItsValue() throws {
        var documents = RandomDocument(seed: 13)
        for _ in 0..<300 {
            let bytes = Array(documents.disguised(documents.value()).utf8)
            let strict = try JSONDocument(parsing: bytes, maximumDepth: JSONDocument.greatestDepth)
            let repaired = try #require(JSONDocument(repairing: bytes))
            #expect(repaired.root.canonicalBytes == strict.root.canonicalBytes)
        }
    }

    /// Whatever comes out is strict: the initializer would give nil otherwise, and nothing traps.
    @Test func whateverIsDamagedIsMendedOrRefused() {
        var (random, documents) = (SeededRandom(seed: 14), RandomDocument(seed: 14))
        var mended = 0
        for _ in 0..<3_000 {
            var bytes = Array(documents.disguised(documents.value()).utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            var repair = JSONRepair(bytes, maximumDepth: JSONDocument.greatestDepth)
            guard let strict = repair.repaired() else { continue }
            mended += 1
            #expect(throws: Never.self) {
                try JSONDocument(parsing: strict, maximumDepth: JSONDocument.greatestDepth)
            }
        }
        #expect(mended > 300)
    }
}
