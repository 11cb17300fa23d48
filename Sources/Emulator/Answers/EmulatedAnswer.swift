import Foundation
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
