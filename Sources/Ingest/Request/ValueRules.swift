/// What is done to every value of a record before transforms and a field's own rules look at it, as a job may change it.
public struct ValueRules: Sendable, Hashable, Codable {
    /// Whether white space and invisible characters are taken off both ends of each value.
    public let trims: Bool
    /// Whether an id, account or phone number that a spreadsheet has altered is refused, and `="0013"` is read as 0013.
    public let checksSpreadsheets: Bool
    /// Texts that stand for no value, whatever their case: invalid as an account, and as the only one of email and phone
    /// number; beside a good one of the two the other counts as absent.
    public let placeholders: [String]
    /// Texts that count as an empty cell in every field, whatever their case.
    public let absentTexts: [String]

    /// The rules of a job; without any argument, those that hold where a job says nothing.
    ///
    /// - Parameters:
    ///   - trims: whether white space and invisible characters are taken off both ends of each value.
    ///   - checksSpreadsheets: whether what a spreadsheet has altered is refused.
    ///   - placeholders: texts that stand for no value; nil: the usual ones.
    ///   - absentTexts: texts that count as an empty cell.
    public init(
        trims: Bool = true, checksSpreadsheets: Bool = true, placeholders: [String]? = nil, absentTexts: [String] = []
    ) {
        self.trims = trims
        self.checksSpreadsheets = checksSpreadsheets
        self.placeholders = placeholders ?? Self.usualPlaceholders
        self.absentTexts = absentTexts
    }

    /// What databases, spreadsheets and programs write where there is nothing.
    public static let usualPlaceholders = [
        "NULL", "(null)", "[NULL]", "<null>", "\\N", "nil", "None", "nan", "undefined", "NA", "N/A", "-", "--", "#N/A",
        "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!",
    ]

    /// How values were read before there were such rules: the rules of batches that were stored without any.
    static let none = ValueRules(trims: false, checksSpreadsheets: false, placeholders: [])
}
