import JSON

/// Records that stand as a list inside one object, `{"records":[{…},{…}]}`, as services give them. They are no
/// JSON-lines, and read as such they would be one record without a known member.
enum WrappedRecords {
    /// The rule such a file breaks.
    static let rule = "holds its records in a list; write one object per line, without what is around them"

    /// Whether a text begins with an object whose first member is a list of objects; its end need not be there.
    ///
    /// - Parameters:
    ///   - text: the beginning of a file.
    ///   - mapping: the job's mapping: what it reads or leaves out may be such a list.
    /// - Returns: whether it does.
    static func begin(in text: UnsafeRawBufferPointer, mapping: FieldMapping) -> Bool {
        var place = 0
        guard skip(Byte.openBrace, in: text, &place), skip(Byte.quote, in: text, &place),
            let end = text.firstOffset(of: Byte.quote, in: place..<text.count)
        else { return false }
        let name = String(decoding: text.portion(place..<end), as: UTF8.self)
        place = end + 1
        guard skip(Byte.colon, in: text, &place), skip(Byte.openBracket, in: text, &place),
            skip(Byte.openBrace, in: text, &place)
        else { return false }
        return !HeaderRules.isKnown(name, mapping: mapping)
    }

    /// Whether a value is such a list.
    static func are(_ value: JSONNode) -> Bool { value[0]?.kind == .object }

    /// Passes over white space and one byte, if it is this one.
    private static func skip(_ byte: UInt8, in text: UnsafeRawBufferPointer, _ place: inout Int) -> Bool {
        while place < text.count, Byte.isSpace(text[place]) { place += 1 }
        guard place < text.count, text[place] == byte else { return false }
        place += 1
        return true
    }
}
