/// Reads requests whose body, if any, has a `Content-Length`.
enum RequestReader {
    /// Takes one whole request off the bytes' front, nil if it is not there yet.
    static func takeRequest(from bytes: inout [UInt8]) -> (head: String, body: [UInt8])? {
        guard let headEnd = end(ofHeadIn: bytes) else { return nil }
        let head = String(decoding: bytes[..<headEnd], as: UTF8.self)
        let bodyEnd = headEnd + contentLength(in: head)
        guard bytes.count >= bodyEnd else { return nil }
        let body = Array(bytes[headEnd..<bodyEnd])
        bytes.removeFirst(bodyEnd)
        return (head, body)
    }

    private static func end(ofHeadIn bytes: [UInt8]) -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        guard bytes.count >= mark.count else { return nil }
        let starts = 0...(bytes.count - mark.count)
        return starts.first { bytes[$0..<($0 + mark.count)].elementsEqual(mark) }.map { $0 + mark.count }
    }

    private static func contentLength(in head: String) -> Int {
        let fields = head.split(whereSeparator: \.isNewline).filter { $0.lowercased().hasPrefix("content-length:") }
        return fields.first?.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }
}
