import JSON
import Testing

struct LeafTests {
    @Test(
        "leaves come in the document's order with dotted paths",
        arguments: [
            (
                #"{"a":1,"b":{"c":"x","d":[true,null,{"e":2}]},"f":[[3]]}"#,
                ["a=1", "b.c=\"x\"", "b.d[0]=true", "b.d[1]=null", "b.d[2].e=2", "f[0][0]=3"]
            ),
            ("[1,[2,3]]", ["[0]=1", "[1][0]=2", "[1][1]=3"]),
            (#"{"a":{},"b":[]}"#, []),
            ("7", ["=7"]),
            (#"{"":{"":1}}"#, [".=1"]),
            (#"{"a.b":1,"a":{"b":2}}"#, ["a.b=1", "a.b=2"]),
            (#"{"\u0061":{"b\n":1}}"#, ["a.b\n=1"]),
            (#"{"é":{"日本":1}}"#, ["é.日本=1"]),
        ])
    func paths(_ text: String, _ expected: [String]) throws {
        let root = try JSONDocument(parsing: Array(text.utf8)).root
        var leaves: [String] = []
        root.forEachLeaf { path, leaf in leaves.append("\(path)=\(String(decoding: leaf.raw, as: UTF8.self))") }
        #expect(leaves == expected)
        var byteLeaves: [String] = []
        root.forEachLeafPath { path, leaf in
            byteLeaves.append(String(decoding: path + [UInt8(ascii: "=")] + leaf.raw, as: UTF8.self))
        }
        #expect(byteLeaves == expected)
    }

    @Test("a path kept from the reused buffer stays what it was")
    func keptPaths() throws {
        let root = try JSONDocument(parsing: Array(#"{"a":{"b":1},"cc":{"d":2}}"#.utf8)).root
        var paths: [[UInt8]] = []
        root.forEachLeafPath { path, _ in paths.append(path) }
        #expect(paths == [Array("a.b".utf8), Array("cc.d".utf8)])
    }

    @Test("an error thrown at a leaf ends the walk")
    func errorsPass() throws {
        struct Stop: Error {}
        let root = try JSONDocument(parsing: Array("[1,2,3]".utf8)).root
        var seen = 0
        #expect(throws: Stop.self) {
            try root.forEachLeaf { _, _ in
                seen += 1
                if seen == 2 { throw Stop() }
            }
        }
        #expect(seen == 2)
    }

    @Test("members are walked with their names in bytes")
    func members() throws {
        let root = try JSONDocument(parsing: Array(#"{"a":[1,2],"\u0062":{"c":3},"d":4}"#.utf8)).root
        var names: [String] = []
        root.forEachMember { name, value in names.append(String(decoding: name, as: UTF8.self) + "\(value.count)") }
        #expect(names == ["a2", "b1", "d0"])
        try #require(root["a"]).forEachMember { _, _ in Issue.record("an array has no members") }
    }
}
