extension APIError {
    /// The field paths that `details` names, in its order, each once: only what is written like a path of the API and
    /// starts at one of its known roots (`user.email`, `device.ip`, `user.full.name`). Values never pass.
    public var fieldNames: [String] {
        var names: [String] = []
        for token in Self.tokens(of: details ?? "") where Self.isFieldPath(token) && !names.contains(String(token)) {
            names.append(String(token))
        }
        return names
    }

    /// `details` without the paths it names, for reading what it says in words.
    var detailsBesideFieldNames: String {
        Self.tokens(of: details ?? "").filter { !Self.isFieldPath($0) }.joined(separator: " ")
    }

    private static let roots = Set(RequestField.all.compactMap { $0.path.split(separator: ".").first })

    private static let separators = Set(" \t\r\n,;:=()[]{}<>|\"'`".unicodeScalars)

    /// What stands between separators, without the full stop of a sentence. A mail address stays whole, so that
    /// `user.name@example.com` is not taken for a path followed by something.
    private static func tokens(of text: String) -> [Substring] {
        text.unicodeScalars.split { separators.contains($0) }.map { scalars in
            Substring(scalars.last == "." ? scalars.dropLast() : scalars)
        }
    }

    private static func isFieldPath(_ token: Substring) -> Bool {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard let first = parts.first, roots.contains(first), parts.count <= 5 else { return false }
        return parts.allSatisfy(isFieldName)
    }

    private static func isFieldName(_ part: Substring) -> Bool {
        guard let first = part.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
        return part.utf8.count <= 40 && part.utf8.allSatisfy { TextPattern.isLetter($0) || TextPattern.isDigit($0) }
    }
}
