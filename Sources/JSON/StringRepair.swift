/// Reads strings whose text is not what RFC 8259 §7 asks for.
enum StringRepair {
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    /// The text of the string whose opening quote is at `position`, in valid UTF-8; `position` is then behind the closing
    /// one. Nil where there is none.
    static func take(from bytes: [UInt8], at position: inout Int) -> [UInt8]? {
        var rest = bytes[position...].dropFirst()
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case quote:
                position = rest.startIndex
                // Decoding puts U+FFFD in the place of what is no UTF-8.
                return Array(String(decoding: text, as: UTF8.self).utf8)
            case backslash: appendEscape(from: &rest, to: &text)
            default: text.append(byte)
            }
        }
        return nil
    }

    /// What stands behind a backslash; one that begins no escape stands for itself.
    private static func appendEscape(from rest: inout ArraySlice<UInt8>, to text: inout [UInt8]) {
        guard let letter = rest.first else { return }
        if let byte = StringEscapes.byte(forLetter: letter) {
            rest.removeFirst()
            text.append(byte)
        } else if letter == UInt8(ascii: "u"), let unit = StringEscapes.unit(in: rest.dropFirst()) {
            rest = rest.dropFirst(5)
            StringEscapes.append(unit, followedBy: &rest, to: &text)
        } else {
            text.append(backslash)
        }
    }
}

/// Reads numbers that are not written as RFC 8259 §6 asks.
enum NumberRepair {
    /// The number as JSON writes it; nil where it is none.
    static func strict(_ token: ArraySlice<UInt8>) -> [UInt8]? {
        var rest = token
        var number: [UInt8] = []
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            rest.removeFirst()
            if sign == UInt8(ascii: "-") { number.append(sign) }
        }
        let whole = takeDigits(from: &rest)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = takeDigits(from: &rest)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        let significant = whole.drop { $0 == UInt8(ascii: "0") }
        number += significant.isEmpty ? [UInt8(ascii: "0")] : significant
        if !fraction.isEmpty { number += [UInt8(ascii: ".")] + fraction }
        guard let exponent = exponent(rest) else { return nil }
        return number + exponent
    }

    /// The exponent, or nothing where there is none; nil where something else follows.
    private static func exponent(_ rest: ArraySlice<UInt8>) -> [UInt8]? {
        guard let mark = rest.first else { return [] }
        guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return nil }
        var digits = rest.dropFirst()
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { digits.removeFirst() }
        let taken = takeDigits(from: &digits)
        return taken.isEmpty || !digits.isEmpty ? nil : Array(rest)
    }

    private static func takeDigits(from rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest = rest.dropFirst(digits.count)
        return digits
    }
}
