/// Numbers and counted nouns for use in sentences.
package enum Counted {
    /// `1,234,567`.
    package static func number(_ number: Int) -> String {
        var digits = Array(String(number.magnitude))
        var index = digits.count - 3
        while index > 0 {
            digits.insert(",", at: index)
            index -= 3
        }
        return (number < 0 ? "-" : "") + String(digits)
    }

    /// `1 line`, `2 lines`, `1,200 lines`; `1 copy`, `2 copies`; `1 batch`, `2 batches`.
    package static func things(_ count: Int, _ noun: String) -> String {
        "\(number(count)) \(count == 1 ? noun : plural(of: noun))"
    }

    /// `is` for one, `are` for several.
    package static func verb(_ count: Int, _ one: String = "is", _ several: String = "are") -> String {
        count == 1 ? one : several
    }

    private static func plural(of noun: String) -> String {
        if ["s", "x", "ch", "sh"].contains(where: noun.hasSuffix) { return noun + "es" }
        guard noun.hasSuffix("y"), let before = noun.dropLast().last, !"aeiou".contains(before) else {
            return noun + "s"
        }
        return noun.dropLast() + "ies"
    }
}
