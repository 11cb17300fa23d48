import Foundation

/// What is asked of the administration, as far as it decides the answer.
struct AdminRequest: Sendable {
    /// `GET`, `POST` and so on.
    var method: String
    /// The path without a query, as it came.
    var path: String
    /// What follows the path's `?`, as it came.
    var query = ""
    /// The network address from which it came.
    var address = ""
    /// The header fields by their names in lower case; of several with one name the last.
    var fields: [String: String] = [:]
    /// Passes on the body piece by piece, as it comes; false where it is longer than so many bytes.
    var pieces: @Sendable (_ limit: Int, _ take: (ArraySlice<UInt8>) throws -> Void) async throws -> Bool = { _, _ in
        true
    }

    /// Reads the form in the body.
    ///
    /// - Parameters:
    ///   - limit: In bytes.
    ///   - folder: Where a file in it lies sealed; nil: none is wanted.
    /// - Returns: The form; nil where it is longer than that.
    /// - Throws: `AdminForm.Fault` where it is no form; `SystemFault` where the disk does not take a file.
    func form(upTo limit: Int, filesIn folder: String? = nil) async throws -> AdminForm? {
        var reader = try FormReader(contentType: fields["content-type"], filesIn: folder)
        guard try await pieces(limit, { try reader.take($0) }) else { return nil }
        return try reader.finish()
    }

    /// The value of `Authorization`; nil where there is none.
    var authorization: String? { fields["authorization"] }

    /// The parameters of the query, of several with one name the first.
    ///
    /// - Throws: `AdminForm.Fault` where it is not written as it should be: a filter that is left out shows too much.
    var parameters: [String: String] {
        get throws(AdminForm.Fault) { try AdminForm(urlEncoded: query).fields.compactMapValues(\.first) }
    }

    /// A cookie's value (RFC 6265 §5.4); nil where there is none.
    func cookie(_ name: String) -> String? {
        for pair in fields["cookie"]?.split(separator: ";") ?? [] {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == name else { continue }
            return parts[1].trimmingCharacters(in: .whitespaces)
        }
        return nil
    }

    /// Whether the request does not come from another site's page, as far as the browser says: `Origin` may be missing,
    /// as it is from commands (RFC 6454 §7.3).
    var isOfThisOrigin: Bool {
        guard let origin = fields["origin"] else { return true }
        guard let host = fields["host"], !host.isEmpty else { return false }
        return origin.lowercased() == "http://\(host.lowercased())"
            || origin.lowercased() == "https://\(host.lowercased())"
    }
}

/// A value of a query or a form that is none of those there can be: whoever asks has to ask otherwise.
struct InvalidAdminValue: Error, Equatable {
    /// What is wrong with it.
    let message: String

    /// Reads values by a command's own rules, whose refusal of an argument becomes this.
    static func reading<Value>(_ read: () throws -> Value) throws -> Value {
        do {
            return try read()
        } catch let error as OperationFailure where error.status == .usage {
            throw InvalidAdminValue(message: error.message)
        }
    }

    /// Reads a value; nil where none is given.
    static func reading<Value>(_ text: String?, _ name: String, by read: (String) -> Value?) throws -> Value? {
        guard let text, !text.isEmpty else { return nil }
        guard let value = read(text) else { throw InvalidAdminValue(message: "there is no \(name) '\(text)'") }
        return value
    }

    /// A number from 1 on, as lines have it at most; nil for any other text.
    static func count(_ text: String) -> Int? { Int(text).flatMap { 1...Int(UInt32.max) ~= $0 ? $0 : nil } }
}

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
