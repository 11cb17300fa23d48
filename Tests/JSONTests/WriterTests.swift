import JSON
import Testing

struct WriterTests {
    @Test("commas and colons stand where they belong")
    func structure() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("a")
        writer.integer(1)
        writer.key("b")
        writer.beginArray()
        writer.string("x")
        writer.boolean(true)
        writer.beginObject()
        writer.endObject()
        writer.beginArray()
        writer.endArray()
        writer.null()
        writer.endArray()
        writer.key("c")
        writer.beginObject()
        writer.key("d")
        writer.double(0.5)
        writer.key("e")
        writer.boolean(false)
        writer.endObject()
        writer.key("f")
        writer.raw(Array("[1, 2]".utf8))
        writer.endObject()
        #expect(text(writer) == #"{"a":1,"b":["x",true,{},[],null],"c":{"d":0.5,"e":false},"f":[1, 2]}"#)
    }

    @Test(
        "strings carry the escapes RFC 8259 requires and no others",
        arguments: [
            ("", #""""#), ("plain", #""plain""#), ("\"", #""\"""#), ("\\", #""\\""#), ("/", #""/""#),
            ("\u{8}\t\n\u{C}\r", #""\b\t\n\f\r""#), ("\u{0}\u{1}\u{1F}", #""\u0000\u0001\u001f""#),
            ("\u{7F}\u{80}", "\"\u{7F}\u{80}\""),
            ("é日😀\u{2028}", "\"é日😀\u{2028}\""), ("a\"b\\c", #""a\"b\\c""#), ("seven77\"", #""seven77\"""#),
            ("eight888\n", #""eight888\n""#), ("\"eight888", #""\"eight888""#),
            ("16 bytes of text\u{1}", #""16 bytes of text\u0001""#),
            ("\u{1F}\u{1F}\u{1F}\u{1F}       ", #""\u001f\u001f\u001f\u001f       ""#),
        ])
    func strings(_ value: String, _ expected: String) {
        var writer = JSONWriter()
        writer.string(value)
        #expect(text(writer) == expected)
        writer.reset()
        Array(value.utf8).withUnsafeBytes { writer.string(utf8: $0) }
        #expect(text(writer) == expected)
    }

    @Test("each byte at each place of a long string is escaped exactly where it must be")
    func escapesAtEveryOffset() throws {
        for byte in UInt8(0)..<0x80 {
            for place in 0..<20 {
                var value = Array(repeating: UInt8(ascii: "y"), count: 20)
                value[place] = byte
                var writer = JSONWriter()
                value.withUnsafeBytes { writer.string(utf8: $0) }
                let mustEscape = byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
                #expect((writer.bytes.count > 22) == mustEscape)
                #expect(try JSONDocument(parsing: writer.bytes).root.stringBytes == value)
            }
        }
    }

    @Test("names are escaped in all three forms alike", arguments: ["plain", "a\"b", "é\n", ""])
    func keys(_ name: String) {
        var texts: [String] = []
        let forms: [(inout JSONWriter) -> Void] = [
            { $0.key(name) },
            { writer in Array(name.utf8).withUnsafeBytes { writer.key(utf8: $0) } },
            { $0.key(JSONKey(name)) },
        ]
        for form in forms {
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("first")
            writer.null()
            form(&writer)
            writer.integer(1)
            writer.endObject()
            texts.append(text(writer))
        }
        #expect(Set(texts).count == 1)
        #expect(texts[0].hasPrefix(#"{"first":null,""#))
    }

    @Test("integers at the bounds", arguments: [0, -1, .min, .max] as [Int64])
    func integers(_ value: Int64) throws {
        var writer = JSONWriter()
        writer.integer(value)
        #expect(try JSONDocument(parsing: writer.bytes).root.integer == value)
    }

    @Test(
        "doubles read back as the same",
        arguments: [
            0, -0.0, 0.1, 1e22, 1e23, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .leastNormalMagnitude, 1.0 / 3,
            -123456.789,
            1e16,
        ])
    func doubles(_ value: Double) throws {
        var writer = JSONWriter()
        writer.double(value)
        #expect(try JSONDocument(parsing: writer.bytes).root.double?.bitPattern == value.bitPattern)
    }

    @Test("infinity and NaN, which JSON lacks, become null", arguments: [Double.infinity, -.infinity, .nan])
    func notFinite(_ value: Double) {
        var writer = JSONWriter()
        writer.double(value)
        #expect(text(writer) == "null")
    }

    @Test("a writer used again starts afresh")
    func reset() {
        var writer = JSONWriter(capacity: 64)
        writer.beginArray()
        writer.integer(1)
        writer.reset()
        writer.integer(2)
        #expect(text(writer) == "2")
    }

    private func text(_ writer: JSONWriter) -> String {
        String(decoding: writer.bytes, as: UTF8.self)
    }
}
