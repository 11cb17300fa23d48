import Testing

@testable import HTTPTransport

@Suite struct HeaderTests {
    @Test func fieldsAreFoundWhateverTheirCase() {
        let headers = HTTPHeaders(
            lines: Array("HTTP/1.1 200 OK\r\nretry-after:\t 17 \r\nX-Empty:\r\nX-Two: a\r\nX-Two: b\r\n".utf8))
        #expect(headers.value(of: "Retry-After") == "17")
        #expect(headers.value(of: "x-empty") == "")
        #expect(headers.value(of: "X-TWO") == "a")
        #expect(headers.value(of: "X") == nil)
        #expect(headers.value(of: "HTTP/1.1 200 OK") == nil)
    }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777_000),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777_000),
        ("Sun Nov  6 08:49:37 1994", 784_111_777_000),
        ("no date", nil),
    ])
    func datesOfAllThreeFormsAreRead(text: String, expected: Int64?) {
        #expect(HTTPAnswer.milliseconds(fromHTTPDate: text) == expected)
    }

    @Test func aHeadEndsWithTheEmptyLineOfTheFinalResponse() {
        var head = ResponseHead()
        let lines = ["HTTP/1.1 100 Continue\r\n", "\r\n", "HTTP/1.1 200 OK\r\n", "A: b\r\n"]
        for line in lines { Array(line.utf8).withUnsafeBytes { head.take($0) } }
        #expect(!head.hasEnded)
        for line in ["\r\n", "Trailer: x\r\n"] { Array(line.utf8).withUnsafeBytes { head.take($0) } }
        #expect(head.hasEnded)
        #expect(head.lines == Array("HTTP/1.1 200 OK\r\nA: b\r\n".utf8))
        #expect(head.byteCount == 23 + 2 + 17 + 6 + 2 + 12)
    }
}
