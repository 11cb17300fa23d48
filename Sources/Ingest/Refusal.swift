/// Why one record is `invalid`, or what is noted of one that may be sent: the field and the rule; never the value.
public struct Refusal: Sendable, Hashable, CustomStringConvertible {
    /// The file's own name for the column, or the columns, that the field is filled from; nil where that is the API's
    /// path, or none is at fault.
    public let column: String?
    /// The API's path of the field, or the name of the id's column; nil where the whole record is at fault.
    public let field: String?
    /// The rule broken, as the predicate of a sentence: `must be 3 to 254 characters`.
    public let rule: String

    /// Names a broken rule.
    ///
    /// - Parameters:
    ///   - column: the file's own name for where the field is filled from.
    ///   - field: the API's path of the field; nil for the whole record.
    ///   - rule: the rule broken, without any value.
    public init(column: String? = nil, field: String?, rule: String) {
        self.column = column
        self.field = field
        self.rule = rule
    }

    /// Field and rule as a sentence: `E-Mail (user.email) must be 3 to 254 characters`.
    public var description: String { "\(subject ?? "the record") \(rule)" }

    /// What the sentence is about; nil for the whole record.
    public var subject: String? {
        guard let field else { return nil }
        return column.map { "\($0) (\(field))" } ?? field
    }
}

extension Refusal {
    /// The refusal of a record that is not even read.
    static let tooLong = Refusal(field: nil, rule: "is longer than 1 MiB")

    /// Several refusals of one record as one text.
    static func text(of refusals: [Refusal]) -> String {
        refusals.map(\.description).joined(separator: "; ")
    }
}
