import Foundation

/// A form as a browser sends it, in either of the two encodings of HTML.
struct AdminForm: Sendable, Equatable {
    /// A file chosen in a form.
    struct File: Sendable, Equatable {
        /// Its name without folders.
        var name: String
        /// Its content, which lies in the request's body and is not copied.
        var bytes: ArraySlice<UInt8>

        init(name: String, bytes: ArraySlice<UInt8>) { (self.name, self.bytes) = (name, bytes) }

        init(name: String, bytes: [UInt8]) { self.init(name: name, bytes: bytes[...]) }
    }

    /// Why a form cannot be read.
    struct Fault: Error, Equatable {}

    /// The values by field, in the order in which they came.
    var fields: [String: [String]] = [:]
    /// The file that was chosen; nil where none was.
    var file: File?

    /// A form with nothing in it.
    init() {}

    /// The first value of a field; nil where there is none.
    subscript(_ name: String) -> String? { fields[name]?.first }

    /// Reads a form.
    ///
    /// - Parameters:
    ///   - body: The request's body.
    ///   - contentType: What the request says it is; nil or empty is fine where there is no body.
    /// - Throws: `Fault` where it is no such form.
    init(_ body: [UInt8], contentType: String?) throws(Fault) {
        let parts = (contentType ?? "").split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
        switch parts.first?.lowercased() {
        case "application/x-www-form-urlencoded":
            guard let text = String(validating: body, as: UTF8.self) else { throw Fault() }
            try self.init(urlEncoded: text)
        case "multipart/form-data":
            guard let boundary = Self.parameter("boundary", of: parts.dropFirst()) else { throw Fault() }
            try self.init(multipart: body, boundary: boundary)
        default:
            guard body.isEmpty else { throw Fault() }
            self.init()
        }
    }

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

    /// Reads parts between boundaries (RFC 7578, RFC 2046 §5.1.1).
    private init(multipart body: [UInt8], boundary: String) throws(Fault) {
        let (mark, line) = (Array("\r\n--\(boundary)".utf8), Array("\r\n".utf8))
        // The first boundary has no line end before it, unless something precedes it, which says nothing.
        let first = mark.dropFirst(line.count)
        let beginsAtOnce = body.starts(with: first)
        guard let begin = beginsAtOnce ? 0..<first.count : Self.range(of: mark, in: body[...]) else { throw Fault() }
        var position = begin.upperBound
        while true {
            let rest = body[position...]
            if rest.starts(with: Array("--".utf8)) {
                // What precedes nothing but the end hides the parts.
                guard beginsAtOnce || position != begin.upperBound else { throw Fault() }
                return
            }
            guard rest.starts(with: line) else { throw Fault() }
            let part = rest.dropFirst(line.count)
            guard let end = Self.range(of: mark, in: part) else { throw Fault() }
            try take(part: part[..<end.lowerBound])
            position = end.upperBound
        }
    }

    /// Where some bytes, at least one, stand first; nil: nowhere. A file may be long: only places that begin as they do are
    /// looked at (`man 3 memchr`).
    private static func range(of wanted: [UInt8], in bytes: ArraySlice<UInt8>) -> Range<Int>? {
        bytes.withUnsafeBytes { all -> Range<Int>? in
            guard let start = all.baseAddress, let first = wanted.first else { return nil }
            var position = 0
            while position + wanted.count <= all.count,
                let found = memchr(start + position, Int32(first), all.count - wanted.count + 1 - position)
            {
                position = UnsafeRawPointer(found) - start
                guard all[position..<(position + wanted.count)].elementsEqual(wanted) else {
                    position += 1
                    continue
                }
                let begin = bytes.startIndex + position
                return begin..<(begin + wanted.count)
            }
            return nil
        }
    }

    private mutating func take(part: ArraySlice<UInt8>) throws(Fault) {
        guard let end = Self.range(of: Array("\r\n\r\n".utf8), in: part),
            let head = String(validating: part[..<end.lowerBound], as: UTF8.self)
        else { throw Fault() }
        let disposition = head.components(separatedBy: "\r\n").first {
            $0.lowercased().hasPrefix("content-disposition:")
        }
        let parameters = disposition?.split(separator: ";").dropFirst().map { $0.trimmingCharacters(in: .whitespaces) }
        guard let parameters, let name = Self.parameter("name", of: parameters[...]) else { throw Fault() }
        let content = part[end.upperBound...]
        if let file = Self.parameter("filename", of: parameters[...]) {
            // A field of a file in which none was chosen has an empty name.
            guard !file.isEmpty else { return }
            let last = file.split(whereSeparator: { "/\\".contains($0) }).last
            self.file = File(name: last.map(String.init) ?? "file", bytes: content)
        } else {
            guard let value = String(validating: content, as: UTF8.self) else { throw Fault() }
            fields[name, default: []].append(value)
        }
    }

    /// The value of `name=value` or `name="value"`; browsers write a quotation mark in it as `%22` (HTML, 'multipart/form-data
    /// encoding algorithm').
    private static func parameter(_ name: String, of parts: ArraySlice<String>) -> String? {
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, pair[0].lowercased() == name else { continue }
            let value = pair[1]
            guard value.hasPrefix("\""), value.hasSuffix("\""), value.count > 1 else { return String(value) }
            return String(value.dropFirst().dropLast()).replacing("%22", with: "\"")
        }
        return nil
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
        return String(validating: bytes, as: UTF8.self)
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

extension String {
    /// The text of some bytes; nil where they are no UTF-8.
    fileprivate init?(validating bytes: some Sequence<UInt8>, as encoding: UTF8.Type) {
        self.init(bytes: Array(bytes), encoding: .utf8)
    }
}
