import JSON
import Testing

struct CanonicalTests {
    @Test(
        "members are sorted by the bytes of their names, strings take one form, numbers stay",
        arguments: [
            (#" { "b" : 1 , "a" : [ true , null ] } "#, #"{"a":[true,null],"b":1}"#),
            (#"{"a":{"z":1,"y":{"c":[],"b":{}}}}"#, #"{"a":{"y":{"b":{},"c":[]},"z":1}}"#),
            (#"{"aa":1,"a":2,"B":3,"":4}"#, #"{"":4,"B":3,"a":2,"aa":1}"#),
            (#"{"\u0062":1,"a":2}"#, #"{"a":2,"b":1}"#),
            (#"["\u0041\/\u00e9\ud83d\ude00","\u000a\u0009"]"#, #"["A/é😀","\n\t"]"#),
            ("[1.0,1,1e0,-0]", "[1.0,1,1e0,-0]"),
            ("{\"\u{FF5E}\":1,\"\u{1F600}\":2,\"é\":3,\"z\":4}", "{\"z\":4,\"é\":3,\"\u{FF5E}\":1,\"\u{1F600}\":2}"),
            (#"[3,1,2]"#, "[3,1,2]"),
        ])
    func canonicalForm(_ text: String, _ expected: String) throws {
        let canonical = try JSONDocument(parsing: Array(text.utf8)).root.canonicalBytes
        #expect(String(decoding: canonical, as: UTF8.self) == expected)
    }

    @Test("a part of a document takes its place in a larger text")
    func partInsideAnother() throws {
        let root = try JSONDocument(parsing: Array(#"{"x":{"b":1,"a":2}}"#.utf8)).root
        var writer = JSONWriter()
        writer.beginArray()
        try #require(root["x"]).canonical(into: &writer)
        try #require(root["x"]?["a"]).canonical(into: &writer)
        writer.endArray()
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #"[{"a":2,"b":1},2]"#)
    }
}
