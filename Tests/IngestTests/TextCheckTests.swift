import TestSupport
import Testing

@testable import Ingest

struct TextCheckTests {
    struct Case: CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let fault: TextFault?

        init(_ name: String, _ bytes: [UInt8], _ kind: TextFault.Kind? = nil, at offset: Int = 0) {
            (self.name, self.bytes) = (name, bytes)
            fault = kind.map { TextFault(kind: $0, offset: offset) }
        }

        var testDescription: String { name }
    }

    private static let ascii = Array("The quick brown fox jumps over the lazy dog, twice.".utf8)

    static let cases = [
        Case("nothing", []),
        Case("ASCII", ascii),
        Case("two, three and four bytes", Array("é日😀 and more text behind it, ünïcode".utf8)),
        Case("the last character", [0xF4, 0x8F, 0xBF, 0xBF]),
        Case("NUL", ascii + [0] + ascii, .nul, at: ascii.count),
        Case("NUL at once", [0], .nul),
        Case("Latin-1", ascii + [0xE9, 0x2C, 0x62], .notUTF8, at: ascii.count),
        Case("Windows-1252 quotes", [0x61, 0x93, 0x62, 0x94], .notUTF8, at: 1),
        Case("a continuation alone", [0x61, 0x80], .notUTF8, at: 1),
        Case("overlong slash", [0xC0, 0xAF], .notUTF8),
        Case("overlong three bytes", [0xE0, 0x9F, 0xBF], .notUTF8),
        Case("overlong four bytes", [0xF0, 0x8F, 0xBF, 0xBF], .notUTF8),
        Case("a surrogate", [0x61, 0xED, 0xA0, 0x80], .notUTF8, at: 1),
        Case("above U+10FFFF", [0xF4, 0x90, 0x80, 0x80], .notUTF8),
        Case("FF", [0x61, 0x62, 0xFF], .notUTF8, at: 2),
        Case("cut off at the end", [0x61, 0xE6, 0x97], .notUTF8, at: 1),
        Case("cut off by NUL", [0x61, 0xE6, 0x97, 0], .notUTF8, at: 1),
        Case("a fault before NUL", [0xFF, 0], .notUTF8),
        Case("NUL before a fault", [0x61, 0, 0xFF], .nul, at: 1),
    ]

    @Test(arguments: cases)
    func findsTheFirstByteThatIsNotText(_ example: Case) {
        #expect(Self.fault(in: [example.bytes]) == example.fault)
    }

    @Test(arguments: cases)
    func findsTheSameWhereverABlockEnds(_ example: Case) {
        for split in 0...example.bytes.count {
            let blocks = [Array(example.bytes[..<split]), Array(example.bytes[split...])]
            #expect(Self.fault(in: blocks) == example.fault, "split at \(split)")
        }
        #expect(Self.fault(in: example.bytes.map { [$0] }) == example.fault)
    }

    @Test
    func agreesWithTheStandardLibraryOnRandomBytes() {
        var random = SeededRandom(seed: 1)
        let pool: [UInt8] = [0x41, 0x7F, 0x80, 0x8F, 0x9F, 0xA0, 0xBF, 0xC2, 0xE0, 0xE6, 0xED, 0xF0, 0xF1, 0xF4, 0xF5]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                pool[Int.random(in: 0..<pool.count, using: &random)]
            }
            let isText = String(validating: bytes, as: UTF8.self) != nil
            #expect((Self.fault(in: [bytes]) == nil) == isText, "\(bytes)")
        }
    }

    @Test
    func placesAreLinesAndCharacters() throws {
        let text = "\u{FEFF}ab\nçé日x\n\ny"
        let places = [(3, 1, 1), (5, 1, 3), (6, 2, 1), (8, 2, 2), (13, 2, 4), (14, 2, 5), (15, 3, 1), (16, 4, 1)]
        for (offset, line, column) in places {
            let position = try TextPosition(of: offset, in: MemorySource(text))
            #expect(position.line == line && position.column == column, "offset \(offset)")
        }
    }

    private static func fault(in blocks: [[UInt8]]) -> TextFault? {
        var check = TextCheck()
        for block in blocks {
            if let fault = block.withUnsafeBytes({ check.check($0) }) { return fault }
        }
        return check.finish()
    }
}
