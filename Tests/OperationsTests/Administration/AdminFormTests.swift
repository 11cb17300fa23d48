import Basics
import Foundation
import TestSupport
import Testing

@testable import Operations

@Suite("Forms and paths as browsers send them")
struct AdminFormTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Reads a form that comes in pieces of so many bytes.
    private func form(_ body: [UInt8], _ type: String?, inPiecesOf count: Int = 1 << 16) throws -> AdminForm {
        var reader = try FormReader(contentType: type, filesIn: folder.path)
        var rest = body[...]
        while !rest.isEmpty {
            try reader.take(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return try reader.finish()
    }

    @Test(
        arguments: [
            ("a=1&b=two+words&a=3", ["a": ["1", "3"], "b": ["two words"]]), ("", [:]), ("a", ["a": [""]]),
            ("%C3%BC=%26%3D", ["ü": ["&="]]), ("a=1%2B1", ["a": ["1+1"]]),
        ] as [(String, [String: [String]])])
    func encodedFieldsAreRead(text: String, fields: [String: [String]]) throws {
        #expect(try AdminForm(urlEncoded: text).fields == fields)
        let body = Array(text.utf8)
        for count in [1, 100] {
            let form = try form(body, "application/x-www-form-urlencoded; charset=utf-8", inPiecesOf: count)
            #expect(form.fields == fields)
        }
    }

    @Test(arguments: ["a=%", "a=%2", "a=%zz", "a=%+1", "a=%ff"])
    func brokenFieldsAreRefused(text: String) {
        #expect(throws: AdminForm.Fault.self) { try AdminForm(urlEncoded: text) }
    }

    private static func multipart(_ parts: [(head: String, content: String)], boundary: String = "XX") -> [UInt8] {
        let texts = parts.map { "--\(boundary)\r\n\($0.head)\r\n\r\n\($0.content)\r\n" }
        return Array((texts.joined() + "--\(boundary)--\r\n").utf8)
    }

    private static let type = "multipart/form-data; boundary=XX"

    @Test("A file is read with its fields, however the pieces fall", arguments: [1, 2, 3, 5, 7, 64, 1 << 16])
    func aFileIsReadWithItsFields(count: Int) throws {
        let content = "id\r\n--XY\r\n\u{0}\u{FEFF}\r\n\r\n--X"
        let body = Self.multipart([
            ("Content-Disposition: form-data; name=\"job\"", "nightly"),
            (
                "content-disposition: form-data; name=\"file\"; filename=\"C:\\dir\\a %22b%22.csv\"\r\n"
                    + "Content-Type: text/csv", content
            ),
            ("Content-Disposition: form-data; name=\"empty\"; filename=\"\"", ""),
        ])
        for type in [Self.type, "multipart/form-data; boundary=\"XX\""] {
            let form = try form(body, type, inPiecesOf: count)
            #expect(form.fields == ["job": ["nightly"]])
            let file = try #require(form.file)
            #expect(file.name == "a \"b\".csv" && file.byteCount == content.utf8.count)
            #expect(try file.content() == Array(content.utf8))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty, "it has no name")
    }

    @Test("Where no file is wanted one is passed over")
    func anUnwantedFile() throws {
        let body = Self.multipart([
            ("Content-Disposition: form-data; name=\"file\"; filename=\"a.csv\"", "x"),
            ("Content-Disposition: form-data; name=\"job\"", "nightly"),
        ])
        var reader = try FormReader(contentType: Self.type, filesIn: nil)
        try reader.take(body[...])
        let form = try reader.finish()
        #expect(form.file == nil && form.fields == ["job": ["nightly"]])
    }

    @Test("Neither a field nor a head can be as long as a file")
    func longFields() {
        let long = String(repeating: "x", count: AdminRoutes.formLimit + 1)
        let field = Self.multipart([("Content-Disposition: form-data; name=\"job\"", long)])
        let head = Self.multipart([("Content-Disposition: form-data; name=\"job\"\r\nX: \(long)", "")])
        for body in [field, head] {
            #expect(throws: AdminForm.Fault.self) { try form(body, Self.type, inPiecesOf: 1_000) }
        }
        let encoded = Array("job=\(long)".utf8)
        #expect(throws: AdminForm.Fault.self) {
            try form(encoded, "application/x-www-form-urlencoded", inPiecesOf: 1_000)
        }
    }

    @Test func whatPrecedesTheFirstBoundarySaysNothing() throws {
        let part = Self.multipart([("Content-Disposition: form-data; name=\"job\"", "nightly")])
        for preamble in ["\r\n", "a preamble\r\n", "--XY\r\n"] {
            for count in [1, 4, 100] {
                let form = try form(Array(preamble.utf8) + part, Self.type, inPiecesOf: count)
                #expect(form.fields == ["job": ["nightly"]])
            }
        }
        #expect(throws: AdminForm.Fault.self) { try form(Array("x".utf8) + part, Self.type) }
    }

    @Test(arguments: [
        "", "--XX", "--XX\r\n", "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx", "--YY\r\n\r\n--YY--\r\n",
        "--XX\r\nContent-Type: a/b\r\n\r\nx\r\n--XX--\r\n",
        "--XXContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--XX--", "--XX\r\n--XX--\r\n",
        "\r\n--XX\r\n--XX\r\n--XX--\r\n",
        "--XX\r\n--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--XX--\r\n",
    ])
    func aBrokenFileIsRefused(text: String) {
        for count in [1, 100] {
            #expect(throws: AdminForm.Fault.self) { try form(Array(text.utf8), Self.type, inPiecesOf: count) }
        }
    }

    @Test func whatIsNoFormIsRefused() {
        #expect(throws: AdminForm.Fault.self) { try form([0x7B], "application/json") }
        #expect(throws: AdminForm.Fault.self) { try form([0x61], nil) }
        #expect(throws: AdminForm.Fault.self) { try form([0x61], "multipart/form-data") }
        #expect(throws: Never.self) { try form([], nil) }
    }

    @Test(
        arguments: [
            ("/", .overview), ("/batches", .batches), ("/batches/a%20b-1", .batch("a b-1")),
            ("/batches/a-1/records", .records("a-1")), ("/batches/a-1/lines/7", .line("a-1", 7)),
            ("/batches/a-1/rerun", .action("a-1", .rerun)),
            ("/batches/a-1/files/results.csv", .file("a-1", "results.csv")),
            ("/api/v1/batches/a-1/cancel", .api(.action("a-1", .cancel))), ("/api/v1/ledger", .api(.ledger)),
            ("/upload/decision", .uploadDecision), ("/ledger.csv", .ledgerTable),
        ] as [(String, AdminPath)])
    func pathsAreRead(text: String, path: AdminPath) throws { #expect(try AdminPath(text) == path) }

    @Test(
        arguments: [
            ("", .broken), ("batches", .broken), ("/batches/%", .broken), ("/a%2Fb", .broken), ("/a%00", .broken),
            ("/batches/", .unknown), ("/batches/a/lines/0", .unknown), ("/batches/a/lines/x", .unknown),
            ("/batches/a/delete", .unknown), ("/api/v2/status", .unknown), ("/api/v1", .unknown), ("//", .unknown),
        ] as [(String, AdminPath.Fault)])
    func otherPathsAreNot(text: String, fault: AdminPath.Fault) {
        #expect(throws: fault) { try AdminPath(text) }
    }

    @Test func whatIsEncodedIsDecodedToTheSame() {
        for text in ["a b/ü%+&=?#\"<>", "", "plain-1.csv"] {
            #expect(PercentCoding.decoded(PercentCoding.encoded(text)[...], plusIsBlank: true) == text)
        }
        #expect(PercentCoding.encoded("märz 1/2") == "m%C3%A4rz%201%2F2")
    }
}

extension SealedFile {
    /// The whole content, read in awkward portions.
    func content(inPortionsOf count: Int = 1_000) throws -> [UInt8] {
        var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: count))
        while true {
            let read = try buffer.withUnsafeMutableBytes { try self.read(into: $0, at: bytes.count) }
            guard read > 0 else { return bytes }
            bytes += buffer.prefix(read)
        }
    }
}
