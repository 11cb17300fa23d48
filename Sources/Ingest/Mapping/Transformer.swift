import Basics
import IdentityInsights
import OpenSSL
import RecordStore

/// A change made to a value on its way from the file to the request.
package enum FieldTransform: String, Sendable, Hashable, Codable, CaseIterable {
    /// Takes white space and invisible characters away at both ends.
    case trim
    /// Lower case, by Unicode's rules.
    case lowercase
    /// Upper case, by Unicode's rules.
    case uppercase
    /// Keeps the digits and nothing else, of a phone number also a leading `+` and an extension behind `x`.
    case digits
    /// Replaces the value by its SHA-256 in lower-case hexadecimal.
    case sha256
    /// Replaces the value by its HMAC-SHA-256 under the installation's key, in lower-case hexadecimal.
    case hmacSHA256 = "hmac-sha256"
}

/// Applies transforms to text in place.
enum Transformer {
    /// Applies `transform` to the UTF-8 that `text` holds.
    ///
    /// - Parameters:
    ///   - transform: the change.
    ///   - text: the text, changed in place.
    ///   - role: what the text's field is to the record: the digits of a phone number are more than digits.
    ///   - key: the key of keyed hashes; without one nothing is left of a text to be hashed so.
    /// - Returns: the rule that the text breaks where the change would lose or invent something; nil where it was made.
    /// - Throws: `OpenSSLError` when a digest cannot be made.
    static func apply(
        _ transform: FieldTransform, to text: inout ByteBuffer, as role: FieldRole = .text, key: AccountHashKey? = nil
    ) throws -> String? {
        switch transform {
        case .trim: text.rewrite(trim)
        case .digits: return role == .phone ? PhoneDigits.rewrite(&text) : keepDigits(of: &text)
        case .lowercase: changeCase(of: &text, letters: 0x41...0x5A, beyondASCII: Lowercase.text)
        case .uppercase: changeCase(of: &text, letters: 0x61...0x7A) { $0.uppercased() }
        case .sha256: try digest(&text) { try SHA256.digest($0, into: $1) }
        case .hmacSHA256: try digest(&text) { try key?.code(for: $0, into: $1) }
        }
        return nil
    }

    private static func trim(_ text: UnsafeMutableRawBufferPointer) -> Int {
        let kept = InvisibleCharacters.trimmed(0..<text.count, of: UnsafeRawBufferPointer(text))
        text.copyMemory(from: UnsafeRawBufferPointer(rebasing: text[kept]))
        return kept.count
    }

    /// Keeps the decimal digits of any script, written 0 to 9.
    private static func keepDigits(of text: inout ByteBuffer) -> String? {
        let isASCII = text.bytes.allSatisfy { $0 < 0x80 }
        let kept =
            isASCII
            ? text.bytes.filter(Byte.isDigit)
            : String(decoding: text.bytes, as: UTF8.self).unicodeScalars.compactMap(PhoneDigits.digit)
        guard !kept.isEmpty else { return PhoneDigits.noDigits }
        text.removeAll()
        text.append(kept)
        return nil
    }

    private static func changeCase(
        of text: inout ByteBuffer, letters: ClosedRange<UInt8>, beyondASCII: (String) -> String
    ) {
        let value = text.bytes
        guard value.allSatisfy({ $0 < 0x80 }) else {
            let changed = beyondASCII(String(decoding: value, as: UTF8.self))
            text.removeAll()
            return text.append(Array(changed.utf8))
        }
        text.rewrite { value in
            // Large and small letters of ASCII differ in this one bit.
            for index in value.indices where letters.contains(value[index]) { value[index] ^= 0x20 }
            return value.count
        }
    }

    private static func digest(
        _ text: inout ByteBuffer, by hash: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) throws -> Void?
    ) throws {
        try withUnsafeTemporaryAllocation(byteCount: SHA256.byteCount, alignment: 8) { digest in
            guard try hash(text.bytes, digest) != nil else { return text.removeAll() }
            text.removeAll()
            for byte in digest {
                text.append(Hexadecimal.digit(byte >> 4))
                text.append(Hexadecimal.digit(byte))
            }
        }
    }
}

/// Lower case by the Unicode Standard, chapter 3.13: the standard library's `lowercased()` knows no context, and
/// so not the sigma at a word's end (`Final_Sigma`, SpecialCasing.txt).
enum Lowercase {
    private static let sigma: Unicode.Scalar = "\u{3A3}"

    static func text(_ text: String) -> String {
        guard text.unicodeScalars.contains(sigma) else { return text.lowercased() }
        let scalars = Array(text.unicodeScalars)
        var small = ""
        for (index, scalar) in scalars.enumerated() {
            let isFinal = scalar == sigma && endsWord(at: index, in: scalars)
            small += isFinal ? "\u{3C2}" : scalar.properties.lowercaseMapping
        }
        return small
    }

    /// Whether a letter stands before the place and none after it, marks and the like passed over.
    private static func endsWord(at index: Int, in scalars: [Unicode.Scalar]) -> Bool {
        let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
        let behind = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
        return before?.properties.isCased == true && behind?.properties.isCased != true
    }
}
