import Basics
import Foundation
import Glibc
import HTTPTypes
import HummingbirdCore
import NIOCore

/// An answer as the emulator sends it: the API's own, or that of a gateway before it.
struct EmulatedAnswer: Sendable {
    var status: Int
    var contentType = "application/json"
    var headers: [(String, String)] = []
    var body: [UInt8]
    /// The id of the call that it answers; nil: that of the call it is sent for.
    var correlationID: String?

    /// The API's error body.
    init(_ error: ErrorAnswer) {
        status = error.status
        body = error.body
        if let wait = error.retryAfter { headers.append(("Retry-After", wait.field)) }
        if error.status == 405 { headers.append(("Allow", "POST")) }
    }

    /// The insights envelope, or the body that a fault sends instead.
    init(status: Int, json body: [UInt8]) {
        self.status = status
        self.body = body
    }

    /// An HTML page as gateways and proxies send it; `explanation` is nginx's wording for a refused certificate.
    init(page status: Int, explanation: String? = nil) {
        let reason = HTTPResponse.Status(code: status).reasonPhrase
        let title = "\(status) \(explanation ?? reason)"
        let text = "<html>\r\n<head><title>\(title)</title></head>\r\n<body>\r\n<center><h1>\(title)</h1></center>\r\n"
        self.status = status
        contentType = "text/html"
        body = Array("\(text)<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n".utf8)
    }

    /// A redirect to another address.
    init(redirectTo location: String) {
        status = 302
        body = []
        headers = [("Location", location)]
    }

    /// The response head, by default with the length of the body.
    func head(correlationID: String, contentLength: Int? = nil) -> HTTPResponse {
        var fields = HTTPFields()
        fields[.contentType] = contentType
        fields[.contentLength] = String(contentLength ?? body.count)
        fields[.date] = DateField.now
        for (name, value) in headers + [("X-MC-Correlation-ID", self.correlationID ?? correlationID)] {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return HTTPResponse(status: .init(code: status), headerFields: fields)
    }

    /// Head and body as bytes, cut off after this share of the body or of the whole.
    func bytes(correlationID: String, upTo share: Double, ofBody: Bool) -> [UInt8] {
        let head = head(correlationID: correlationID)
        var bytes = Array("HTTP/1.1 \(status) \(head.status.reasonPhrase)\r\n".utf8)
        for field in head.headerFields { bytes += Array("\(field.name): \(field.value)\r\n".utf8) }
        guard ofBody else { return Array(bytes.prefix(Int(Double(bytes.count) * share))) }
        bytes += Array("\r\n".utf8)
        return bytes + body.prefix(Int(Double(body.count) * share))
    }
}

/// The id of a call: `requestRefId` of the answer and `X-MC-Correlation-ID` of the response.
enum Correlation {
    static func new() -> String {
        UUID().uuidString.lowercased()
    }
}

/// The value of the `Date` header (RFC 9110 §5.6.7), made once a second.
enum DateField {
    private static let cache = Lock((second: time_t(0), text: ""))

    static var now: String {
        let second = time(nil)
        return cache.withLock { cache in
            if cache.second != second { cache = (second, format(second)) }
            return cache.text
        }
    }

    /// The date this many seconds from now.
    static func after(_ seconds: Int) -> String { format(time(nil) + seconds) }

    private static func format(_ second: time_t) -> String {
        var instant = second
        var parts = tm()
        gmtime_r(&instant, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let date = "\(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900)"
        let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        return "\(days[Int(parts.tm_wday)]), \(date) \(clock) GMT"
    }

    private static func two(_ number: Int32) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
