import Testing

@testable import Operations

@Suite("Forms and paths as browsers send them")
struct AdminFormTests {
    @Test(
        arguments: [
            ("a=1&b=two+words&a=3", ["a": ["1", "3"], "b": ["two words"]]), ("", [:]), ("a", ["a": [""]]),
            ("%C3%BC=%26%3D", ["ü": ["&="]]), ("a=1%2B1", ["a": ["1+1"]]),
        ] as [(String, [String: [String]])])
    func encodedFieldsAreRead(text: String, fields: [String: [String]]) throws {
        #expect(try AdminForm(urlEncoded: text).fields == fields)
        let body = Array(text.utf8)
        #expect(try AdminForm(body, contentType: "application/x-www-form-urlencoded; charset=utf-8").fields == fields)
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

    @Test func aFileIsReadWithItsFields() throws {
        let content = "id\r\n--XY\r\n\u{0}\u{FEFF}\r\n"
        let body = Self.multipart([
            ("Content-Disposition: form-data; name=\"job\"", "nightly"),
            (
                "content-disposition: form-data; name=\"file\"; filename=\"C:\\dir\\a %22b%22.csv\"\r\n"
                    + "Content-Type: text/csv", content
            ),
            ("Content-Disposition: form-data; name=\"empty\"; filename=\"\"", ""),
        ])
        let form = try AdminForm(body, contentType: Self.type)
        #expect(form.fields == ["job": ["nightly"]])
        #expect(form.file == AdminForm.File(name: "a \"b\".csv", bytes: Array(content.utf8)))
        #expect(try AdminForm(body, contentType: "multipart/form-data; boundary=\"XX\"") == form)
    }

    @Test func whatPrecedesTheFirstBoundarySaysNothing() throws {
        let part = Self.multipart([("Content-Disposition: form-data; name=\"job\"", "nightly")])
        for preamble in ["\r\n", "a preamble\r\n", "--XY\r\n"] {
            let form = try AdminForm(Array(preamble.utf8) + part, contentType: Self.type)
            #expect(form.fields == ["job": ["nightly"]])
        }
        #expect(throws: AdminForm.Fault.self) { try AdminForm(Array("x".utf8) + part, contentType: Self.type) }
    }

    @Test(arguments: [
        "", "--XX", "--XX\r\n", "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx", "--YY\r\n\r\n--YY--\r\n",
        "--XX\r\nContent-Type: a/b\r\n\r\nx\r\n--XX--\r\n",
        "--XXContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--XX--", "--XX\r\n--XX--\r\n",
        "\r\n--XX\r\n--XX\r\n--XX--\r\n",
    ])
    func aBrokenFileIsRefused(text: String) {
        #expect(throws: AdminForm.Fault.self) { try AdminForm(Array(text.utf8), contentType: Self.type) }
    }

    @Test func whatIsNoFormIsRefused() {
        #expect(throws: AdminForm.Fault.self) { try AdminForm([0x7B], contentType: "application/json") }
        #expect(throws: AdminForm.Fault.self) { try AdminForm([0x61], contentType: nil) }
        #expect(throws: AdminForm.Fault.self) { try AdminForm([0x61], contentType: "multipart/form-data") }
        #expect(throws: Never.self) { try AdminForm([], contentType: nil) }
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
