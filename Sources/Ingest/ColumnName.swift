/// A column's name as errors may show it. Where a file lacks its header, its first record stands in the header's
/// place, and a record's values must not appear in an error.
enum ColumnName {
    /// Whether `name` could be a value rather than a name: mail addresses, numbers, times, long texts.
    static func looksLikeValue(_ name: String) -> Bool {
        guard let first = name.utf8.first else { return true }
        return name.utf8.count > 64 || Byte.isDigit(first) || first == Byte.plus || name.utf8.contains(Byte.at)
            || name.utf8.contains { $0 < 0x20 }
    }

    /// The name in quotes, or its place where it could be a value.
    ///
    /// - Parameters:
    ///   - name: the column's name.
    ///   - index: its place from 0.
    /// - Returns: how to name the column in an error.
    static func shown(_ name: String, at index: Int) -> String {
        looksLikeValue(name) ? "number \(index + 1)" : "'\(name)'"
    }

    /// A member's name of a JSON line as a refusal may show it.
    static func shownMember(_ name: String) -> String {
        looksLikeValue(name) ? hiddenMember : "'\(name)'"
    }

    /// A member whose name is not shown.
    static let hiddenMember = "that is not named here"
}
