import Foundation

/// A pattern of paths as `glob` reads it (`man 7 glob`), compared with others. A pure rule.
struct PathPattern {
    /// What one part of a component stands for.
    private enum Token: Equatable {
        case character(Character)
        /// `?`
        case any
        /// `[…]`, with its brackets.
        case oneOf(String)
        /// `*`
        case anything
    }

    private let components: [[Token]]

    /// Reads an absolute pattern; `.` and `..` are resolved, links are not.
    init(_ pattern: String) {
        var components = [Substring]()
        for component in pattern.split(separator: "/") where component != "." {
            if component == ".." { _ = components.popLast() } else { components.append(component) }
        }
        self.components = components.map(Self.tokens)
    }

    /// Everything directly in a folder, whose name is taken literally.
    init(folder: String) {
        components = folder.split(separator: "/").map { $0.map(Token.character) } + [[.anything]]
    }

    /// Whether some path may match both. Two sets in brackets are taken to share a character.
    func overlaps(_ other: PathPattern) -> Bool {
        components.count == other.components.count
            && zip(components, other.components).allSatisfy { Self.overlap($0[...], $1[...]) }
    }

    private static func overlap(_ one: ArraySlice<Token>, _ other: ArraySlice<Token>) -> Bool {
        guard let first = one.first, let second = other.first else {
            return (one + other).allSatisfy { $0 == .anything }
        }
        // A star either ends here or consumes one more token of the other pattern; they need not both advance.
        if first == .anything || second == .anything {
            return overlap(one.dropFirst(first == .anything ? 1 : 0), other.dropFirst(first == .anything ? 0 : 1))
                || overlap(one.dropFirst(first == .anything ? 0 : 1), other.dropFirst(first == .anything ? 1 : 0))
        }
        return share(first, second) && overlap(one.dropFirst(), other.dropFirst())
    }

    /// Whether one character can be both.
    private static func share(_ one: Token, _ other: Token) -> Bool {
        switch (one, other) {
        case (.character(let first), .character(let second)): first == second
        case (.character(let character), .oneOf(let set)), (.oneOf(let set), .character(let character)):
            fnmatch(set, String(character), FNM_NOESCAPE) == 0
        default: true
        }
    }

    private static func tokens(_ component: Substring) -> [Token] {
        var (tokens, rest) = ([Token](), component)
        while let character = rest.popFirst() {
            switch character {
            case "*": if tokens.last != .anything { tokens.append(.anything) }
            case "?": tokens.append(.any)
            case "[":
                let set = set(rest)
                tokens.append(set.map { .oneOf("[\($0)") } ?? .character(character))
                rest = rest.dropFirst(set?.count ?? 0)
            case "\\": tokens.append(.character(rest.popFirst() ?? character))
            default: tokens.append(.character(character))
            }
        }
        return tokens
    }

    /// What follows an opening bracket, up to the one that closes it: a `]` that comes first stands for itself.
    private static func set(_ rest: Substring) -> Substring? {
        let negation = rest.prefix { $0 == "!" || $0 == "^" }.prefix(1)
        let body = rest.dropFirst(negation.count)
        guard let end = body.dropFirst().firstIndex(of: "]") else { return nil }
        return rest[...end]
    }
}
