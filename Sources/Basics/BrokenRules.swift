/// The rules that one record breaks, as one text: it is kept with the record and shown to whoever corrects it, and is
/// told apart again where lines are counted by rule.
package enum BrokenRules {
    /// Not a semicolon alone: some rules say behind one what to do.
    private static let separator = "; and "
    /// What stands within a rule where the separator would.
    private static let inner = ", and "

    /// One text of rules, such as `user.email must be 3 to 254 characters; and user.name must be a string`.
    ///
    /// - Parameter rules: Sentences that name field and rule. A column's name, which a file gives, may hold anything.
    /// - Returns: The rules, none of which holds what separates them.
    package static func text(of rules: [String]) -> String {
        rules.map { $0.replacing(separator, with: inner) }.joined(separator: separator)
    }

    /// The rules of such a text, each once, in their order.
    ///
    /// Version 0.1.0 set a semicolon alone between two rules, which stands within some, too: what follows one is a rule of
    /// its own where it begins with what rules are about, the record or one of the API's fields.
    ///
    /// - Parameter text: What ``text(of:)`` made of them.
    /// - Returns: At least one, for a text that is not empty.
    package static func rules(in text: String) -> [String] {
        var seen: Set<Substring> = []
        return text.split(separator: separator).flatMap(formerRules).filter { seen.insert($0).inserted }
            .map(String.init)
    }

    /// The rules of a text of version 0.1.0.
    private static func formerRules(in text: Substring) -> [Substring] {
        guard text.utf8.contains(UInt8(ascii: ";")) else { return [text] }
        let next = /; (?=the record |(user|device)\.|[^;(]{1,100} \((user|device)\.[\w.]+\) )/
        var (rules, begin) = ([Substring](), text.startIndex)
        for match in text.matches(of: next) {
            rules.append(text[begin..<match.range.lowerBound])
            begin = match.range.upperBound
        }
        return rules + [text[begin...]]
    }
}
