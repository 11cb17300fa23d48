public import JSON

/// The words of a record's values, used to decide whether a text from outside repeats one of them.
///
/// A server may put anything into a code or a field's name, and a file anything into the name of a member. Such a text
/// is shown in clear only where it has the form of a name and repeats nothing from the record's values.
public struct RecordWords: Sendable {
    /// In bytes: the longest documented name of a field has 28.
    private static let longestName = 64
    /// Shorter words occur in too many values by chance to be searched for.
    private static let shortestPart = 4
    private static let shortestInside = 6

    /// Nil where the values could not be read: then nothing is shown.
    private let words: Set<String>?
    private let values: [String]

    /// The words of the values in a line or a request.
    public init(of root: JSONNode) {
        var (words, values) = (Set<String>(), [String]())
        root.forEachLeafPath { _, leaf in
            let parts = Self.words(of: leaf.string ?? String(decoding: leaf.raw, as: UTF8.self))
            words.formUnion(parts)
            values.append(parts.joined())
        }
        self.init(words: words, values: values)
    }

    /// The words of the values in a request as it is sent.
    ///
    /// - Parameter request: the request's JSON.
    public init(ofRequest request: [UInt8]) {
        guard let root = try? JSONDocument(parsing: request).root else {
            // What cannot be read cannot be compared.
            self.init(words: nil, values: [])
            return
        }
        self.init(of: root)
    }

    private init(words: Set<String>?, values: [String]) {
        (self.words, self.values) = (words, values)
    }

    /// Whether a name or code may be shown in clear: ASCII letters, digits and `_`, at most 64, not contained in a
    /// value as a whole, and none of its longer words a word of a value, except for words of the API's own fields.
    public func mayShow(_ name: String) -> Bool {
        guard let words, Self.hasForm(name) else { return false }
        let parts = Self.words(of: name)
        let whole = parts.joined()
        if words.contains(whole) || isInside(whole) { return false }
        return !parts.contains { part in
            !Self.vocabulary.contains(part)
                && (part.count >= Self.shortestPart && words.contains(part) || isInside(part))
        }
    }

    /// Whether the path of a field, as error details name it, may be shown in clear: a documented path, or one each of
    /// whose names may be shown.
    public func mayShow(path: String) -> Bool {
        if Self.documented.contains(path) { return true }
        let parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard path.utf8.count <= Self.longestName, !isInside(parts.joined().lowercased()) else { return false }
        return parts.allSatisfy { Self.vocabulary.contains($0.lowercased()) && words != nil || mayShow($0) }
    }

    /// Whether a text has the form of a name: ASCII letters, digits and `_`, at most 64.
    public static func hasForm(_ name: String) -> Bool {
        (1...longestName).contains(name.utf8.count)
            && name.utf8.allSatisfy { TextPattern.isLetter($0) || TextPattern.isDigit($0) || $0 == UInt8(ascii: "_") }
    }

    private func isInside(_ text: String) -> Bool {
        text.count >= Self.shortestInside && values.contains { $0.contains(text) }
    }

    /// The paths of the API's fields, and of the objects around them.
    private static let documented: Set<String> = {
        var paths: Set<String> = []
        for field in RequestField.all {
            let names = field.path.split(separator: ".")
            for count in names.indices { paths.insert(names[...count].joined(separator: ".")) }
        }
        return paths
    }()

    /// The names in the paths of the API's fields, whole and word by word.
    private static let vocabulary: Set<String> = {
        var words: Set<String> = []
        for segment in RequestField.all.flatMap({ $0.path.split(separator: ".") }) {
            words.insert(segment.lowercased())
            var word = ""
            for character in segment {
                if character.isUppercase, !word.isEmpty {
                    words.insert(word.lowercased())
                    word = ""
                }
                word.append(character)
            }
            words.insert(word.lowercased())
        }
        return words
    }()

    private static func words(of text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }
}
