import Foundation

/// A form as a browser sends it, in either of the two encodings of HTML.
struct AdminForm: Sendable {
    /// Why a form cannot be read.
    struct Fault: Error, Equatable {}

    /// The values by field, in the order in which they came.
    var fields: [String: [String]] = [:]
    /// The file that was chosen; nil where none was.
    var file: SealedFile?

    /// A form with nothing in it.
    init() {}

    /// The first value of a field; nil where there is none.
    subscript(_ name: String) -> String? { fields[name]?.first }

    /// Reads `name=value&…`.
    ///
    /// - Throws: `Fault` for a broken percent sign, or bytes that are no UTF-8.
    init(urlEncoded text: String) throws(Fault) {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentCoding.decoded(parts[0], plusIsBlank: true),
                let value = PercentCoding.decoded(parts.count == 2 ? parts[1] : "", plusIsBlank: true)
            else { throw Fault() }
            fields[name, default: []].append(value)
        }
    }
}

/// Percent-encoding (RFC 3986 §2.1).
enum PercentCoding {
    /// The text of an encoded one; nil where a percent sign is not followed by two digits, or the bytes are no UTF-8.
    static func decoded(_ text: Substring, plusIsBlank: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard rest.count > 1, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
                    rest.prefix(2).allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") })
                else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(2)
            case UInt8(ascii: "+") where plusIsBlank: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(bytes: bytes, encoding: .utf8)
    }

    /// A text as one segment of a path, or a value of a query.
    static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                byte < 128 && (Character(UnicodeScalar(byte)).isLetter || Character(UnicodeScalar(byte)).isNumber)
                || "-._~".utf8.contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : String(format: "%%%02X", byte)
        }.joined()
    }
}
