/// A column's name as errors may show it. Where a file lacks its header, its first record stands in the header's
/// place, and a record's values must not appear in an error.
enum ColumnName {
    /// Whether `name` could be a value rather than a name: mail addresses, numbers, times, long texts.
    static func looksLikeValue(_ name: String) -> Bool {
        guard let first = name.utf8.first else { return true }
        return name.utf8.count > 64 || Byte.isDigit(first) || first == Byte.plus || name.utf8.contains(Byte.at)
            || name.utf8.contains { $0 < 0x20 }
    }

    /// The name in quotes, or its place where it could be a value or holds a character that nobody would see.
    ///
    /// - Parameters:
    ///   - name: the column's name.
    ///   - index: its place from 0.
    /// - Returns: how to name the column in an error.
    static func shown(_ name: String, at index: Int) -> String {
        var name = name
        if let hidden = name.withUTF8({ InvisibleCharacters.firstHidden(in: UnsafeRawBufferPointer($0)) }) {
            return "number \(index + 1), whose name holds an invisible character "
                + "(\(InvisibleCharacters.name(of: hidden)))"
        }
        return looksLikeValue(name) ? "number \(index + 1)" : "'\(name)'"
    }
}
