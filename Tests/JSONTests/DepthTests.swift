import JSON
import Testing

struct DepthTests {
    @Test("nesting as deep as allowed is read, one deeper is refused", arguments: [1, 2, 64, 512])
    func boundIsExact(_ depth: Int) throws {
        _ = try JSONDocument(parsing: nested("[", "]", depth), maximumDepth: depth)
        #expect(throws: JSONError.self) {
            try JSONDocument(parsing: nested("[", "]", depth + 1), maximumDepth: depth)
        }
    }

    @Test(
        "nesting 10,000 and 1,000,000 deep is an error at the first bracket too many", arguments: [10_000, 1_000_000])
    func deepNestingIsRefused(_ depth: Int) {
        let error = #expect(throws: JSONError.self) { try JSONDocument(parsing: nested("[", "]", depth)) }
        #expect(error?.offset == 64)
    }

    @Test("objects count like arrays")
    func objectsCount() {
        let text = String(repeating: #"{"a":"#, count: 10_000) + "1" + String(repeating: "}", count: 10_000)
        #expect(throws: JSONError.self) { try JSONDocument(parsing: Array(text.utf8)) }
    }

    @Test("nobody can allow more than the greatest depth")
    func greatestDepthHolds() {
        #expect(throws: JSONError.self) {
            try JSONDocument(
                parsing: nested("[", "]", JSONDocument.greatestDepth + 1), maximumDepth: 1_000_000)
        }
    }

    @Test("brackets never closed are refused, however many")
    func unclosed() {
        #expect(throws: JSONError.self) {
            try JSONDocument(parsing: Array(repeating: UInt8(ascii: "["), count: 100_000))
        }
    }

    @Test("siblings do not add to the depth")
    func siblings() throws {
        let text = "[" + Array(repeating: "[{}]", count: 1000).joined(separator: ",") + "]"
        let document = try JSONDocument(parsing: Array(text.utf8), maximumDepth: 3)
        #expect(document.root.count == 1000)
    }

    @Test("leaves and canonical form of the deepest document are reached")
    func deepestDocumentIsWalked() throws {
        let depth = JSONDocument.greatestDepth
        let text = String(repeating: #"{"a":"#, count: depth) + "7" + String(repeating: "}", count: depth)
        let document = try JSONDocument(parsing: Array(text.utf8), maximumDepth: depth)
        var paths: [String] = []
        document.root.forEachLeaf { path, _ in paths.append(path) }
        #expect(paths == [Array(repeating: "a", count: depth).joined(separator: ".")])
        #expect(document.root.canonicalBytes == Array(text.utf8))
    }

    private func nested(_ open: String, _ close: String, _ depth: Int) -> [UInt8] {
        Array((String(repeating: open, count: depth) + String(repeating: close, count: depth)).utf8)
    }
}
