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

    @Test func everyFieldOfANameIsFound() {
        let headers = HTTPHeaders(lines: Array("HTTP/1.1 429 x\r\nA: 1\r\nRetry-After: 3\r\nretry-after:\r\n".utf8))
        #expect(headers.values(of: "Retry-After") == ["3", ""])
        #expect(headers.values(of: "B").isEmpty)
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
