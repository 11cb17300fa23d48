import Foundation

extension ValueFormat<String> {
    static let path = ValueFormat(
        expectation: "a path, relative to this file or absolute", complaint: ShellWords.complaint(about:),
        read: { text, directory in
            let isPath = !text.isEmpty && !text.contains("\0") && ShellWords.complaint(about: text) == nil
            return isPath ? absolute(text, in: directory) : nil
        })

    /// A pattern of files as `man 3 glob` reads it, which knows less than a shell.
    static let pattern = ValueFormat(
        expectation: "a pattern of files such as in/*.csv, relative to the settings' folder or absolute",
        complaint: ShellWords.complaint(aboutPattern:),
        read: { text, directory in
            let isPattern =
                !text.isEmpty && !text.contains("\0") && ShellWords.complaint(aboutPattern: text) == nil
            return isPattern ? absolute(text, in: directory) : nil
        })

    static let text = ValueFormat(expectation: "a text") { text, _ in text.isEmpty ? nil : text }

    static let anyText = ValueFormat(expectation: "a text, in quotes if it is empty") { text, _ in text }

    static let httpsURL = ValueFormat(expectation: "an address that starts with https:// and names a host") { text, _ in
        guard let parts = URLComponents(string: text), parts.scheme == "https", let host = parts.host, !host.isEmpty,
            parts.user == nil, parts.query == nil, parts.fragment == nil
        else { return nil }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    static let currency = ValueFormat(expectation: "a currency of three capital letters, such as USD") { text, _ in
        text.utf8.count == 3 && text.utf8.allSatisfy { (65...90).contains($0) } ? text : nil
    }

    static let name = ValueFormat(expectation: "a name of letters, digits, '-', '_' and '.', at most 100") { text, _ in
        let allowed = text.utf8.allSatisfy { isDigit($0) || isLetter($0) || [45, 46, 95].contains($0) }
        return allowed && (1...100).contains(text.utf8.count) && !text.hasPrefix(".") ? text : nil
    }
}

extension ValueFormat<TimeZone> {
    static let timeZone = ValueFormat(
        expectation: "a time zone such as UTC or Europe/Zurich", canonical: { $0.identifier },
        read: { text, _ in TimeZone(identifier: text) })
}

extension ValueFormat<Bool> {
    static let boolean = ValueFormat(expectation: "true or false") { text, _ in Bool(text) }
}

extension ValueFormat<Secret> {
    /// A proxy's address may carry a user and a password, so it counts as a secret.
    static let proxy = ValueFormat(
        expectation: "a proxy's address such as http://proxy.example:3128", isSecret: true
    ) { text, _ in
        guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty,
            ["http", "https"].contains(parts.scheme)
        else { return nil }
        return Secret(text)
    }

    static let secret = ValueFormat(expectation: "a text that is not empty", isSecret: true) { text, _ in
        text.isEmpty ? nil : Secret(text)
    }
}

extension ValueFormat where Value: CaseIterable & RawRepresentable<String> {
    static var choice: ValueFormat {
        let words = Value.allCases.map(\.rawValue)
        let expectation = words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
        return ValueFormat(expectation: expectation) { text, _ in Value(rawValue: text) }
    }
}

func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) }

/// A path as it stands if it is absolute, else below `directory`, without `.` parts. `..` stays, for links' sake.
func absolute(_ path: String, in directory: String) -> String {
    let joined = path.hasPrefix("/") ? path : directory + "/" + path
    let parts = joined.split(separator: "/").filter { $0 != "." }
    return "/" + parts.joined(separator: "/")
}

/// What a shell would expand in a path, and nobody does here: taken literally it would name a folder called `~`, or match
/// no file, without a word.
private enum ShellWords {
    /// What is wrong with a path; nil: nothing. Never the path itself.
    @Sendable static func complaint(about path: String) -> String? {
        if path.hasPrefix("~") { return "~ is not expanded here, write the folder itself" }
        guard path.contains(/\$[A-Za-z_{(]/) else { return nil }
        return "$ is not expanded here, write the value itself"
    }

    /// What is wrong with a pattern; nil: nothing. A backslash before a brace or a dollar makes it a plain one
    /// (`man 7 glob`).
    @Sendable static func complaint(aboutPattern pattern: String) -> String? {
        var isEscaped = false
        for character in pattern {
            switch character {
            case _ where isEscaped: isEscaped = false
            case "\\": isEscaped = true
            case "{", "}": return "braces are not expanded here, give each pattern a job of its own"
            case "$": return "$ is not expanded here, write the value itself"
            default: break
            }
        }
        return pattern.hasPrefix("~") ? complaint(about: pattern) : nil
    }
}
