/// One request, below the transport's base URL.
public struct HTTPRequest: Sendable {
    /// The method.
    public var method: HTTPMethod
    /// What is appended to the base URL: empty, or an origin-form path that starts with `/`.
    public var path: String
    /// Header fields, sent in this order; `Host`, `Content-Length` and `Accept: */*` come from libcurl.
    public var headers: [(String, String)]
    /// The body; ignored for `GET`.
    public var body: [UInt8]

    /// Makes a request.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - path: What is appended to the base URL: empty, or a path that starts with `/`.
    ///   - headers: Header fields as name and value.
    ///   - body: The body's bytes.
    public init(method: HTTPMethod, path: String, headers: [(String, String)] = [], body: [UInt8] = []) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
    }

    /// The rule of RFC 9112 §3.2.1 or RFC 9110 §5.5 this request breaks, nil if none: a line break in a field would
    /// otherwise let a value write header lines of its own.
    var brokenRule: String? {
        if !path.isEmpty, !path.hasPrefix("/") || path.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) {
            return "The path of a request must start with '/' and hold visible ASCII only."
        }
        let isFine = headers.allSatisfy { name, value in
            !name.isEmpty && name.utf8.allSatisfy(Self.isTokenByte)
                && value.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
        }
        return isFine ? nil : "A header field of the request holds a byte that RFC 9110 does not allow there."
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
