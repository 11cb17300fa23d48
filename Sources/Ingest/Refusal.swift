/// Why one record is `invalid`: the field, where one is at fault, and the rule it breaks; never the value.
public struct Refusal: Sendable, Hashable, CustomStringConvertible {
    /// The API's path of the field, or the name of the id's column; nil where the whole record is at fault.
    public let field: String?
    /// The rule broken, as the predicate of a sentence: `must be 3 to 254 characters`.
    public let rule: String

    /// Names a broken rule.
    ///
    /// - Parameters:
    ///   - field: the API's path of the field; nil for the whole record.
    ///   - rule: the rule broken, without any value.
    public init(field: String?, rule: String) {
        self.field = field
        self.rule = rule
    }

    /// Field and rule as a sentence.
    public var description: String { "\(field ?? "the record") \(rule)" }
}

extension Refusal {
    /// The refusal of a record that is not even read.
    static let tooLong = Refusal(field: nil, rule: "is longer than 1 MiB")

    /// Several refusals of one record as one text.
    static func text(of refusals: [Refusal]) -> String {
        refusals.map(\.description).joined(separator: "; ")
    }
}
