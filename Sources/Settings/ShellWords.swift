/// What a shell would expand in a path, and nobody does here: taken literally it would name a folder called `~`, or match
/// no file, without a word.
enum ShellWords {
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
