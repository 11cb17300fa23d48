/// The header of an answer while it comes in, line by line.
///
/// libcurl reports a header that ends too early as success with status 200 and an empty body, so its end is watched here.
struct ResponseHead {
    /// Status line and field lines of the response under way; in the end those of the final one.
    private(set) var lines: [UInt8] = []
    /// Every byte of header and trailer so far, 1xx responses included.
    private(set) var byteCount = 0
    /// Whether the empty line after a final response's fields has come.
    private(set) var hasEnded = false
    private var isInterim = false

    /// Takes one line with its line end.
    mutating func take(_ line: UnsafeRawBufferPointer) {
        byteCount += line.count
        guard !hasEnded else { return }  // trailer fields are not for us
        if line.starts(with: "HTTP/".utf8) {
            lines.removeAll(keepingCapacity: true)
            isInterim = Self.isInterim(statusLine: line)
        }
        if line.first == UInt8(ascii: "\r") || line.first == UInt8(ascii: "\n") {
            hasEnded = !isInterim
        } else {
            lines.append(contentsOf: line)
        }
    }

    /// A 1xx response is followed by another (RFC 9110 §15.2).
    private static func isInterim(statusLine line: UnsafeRawBufferPointer) -> Bool {
        guard let space = line.firstIndex(of: UInt8(ascii: " ")), space + 1 < line.count else { return false }
        return line[space + 1] == UInt8(ascii: "1")
    }
}
