import IdentityInsights
import JSON

/// Looks at the text of a field as the file has it, before a transform can hide what is wrong with it.
struct ValueInspector: Sendable {
    enum Finding {
        case sound
        /// As if the cell were empty.
        case absent
        /// What a program writes where there is nothing.
        case placeholder
        /// The rule it breaks.
        case broken(String)
        /// An id or account that looks like a card number: it may well be none, and whoever sends it is asked.
        case likeCardNumber
    }

    /// The rule that a placeholder breaks where a value is needed.
    static let placeholderRule = "is a placeholder for a missing value, such as NULL or #N/A"

    private let checksSpreadsheets: Bool
    private let refusesCardNumbers: Bool
    private let placeholders: WordList
    private let absentTexts: WordList
    private let looksAtAll: Bool

    init(_ rules: ValueRules) {
        checksSpreadsheets = rules.checksSpreadsheets
        refusesCardNumbers = rules.refusesCardNumbers
        placeholders = WordList(rules.placeholders)
        absentTexts = WordList(rules.absentTexts)
        looksAtAll = !rules.absentTexts.isEmpty
    }

    /// Whether each value of a role's fields is inspected.
    func looks(at role: FieldRole) -> Bool { role != .text || looksAtAll }

    /// Whether those values of a role's fields are inspected that may be a card number, and no others.
    func looksForCardsAlone(at role: FieldRole) -> Bool { refusesCardNumbers && !looks(at: role) }

    /// Whether a value may be a card number, by its length and its first byte: for nearly all values the only question.
    @inline(__always)
    static func mayBeCardNumber(_ value: UnsafeRawBufferPointer) -> Bool {
        guard value.count >= leastCardBytes, let first = value.first else { return false }
        return Byte.isDigit(first) || !InvisibleCharacters.isGraphic(first) || first >= 0x80
    }

    private static let leastCardBytes = 12

    /// Inspects a value.
    ///
    /// - Parameters:
    ///   - value: the text in UTF-8, not empty.
    ///   - role: what its field is to the record.
    /// - Returns: what is wrong with it, if anything.
    func look(at value: UnsafeRawBufferPointer, as role: FieldRole) -> Finding {
        if isAbsent(value) { return .absent }
        switch role {
        case .text: return cardFinding(value, as: role)
        case .account, .email, .phone:
            if placeholders.contains(value) || InvisibleCharacters.trimmed(value).isEmpty { return .placeholder }
        case .identifier: break
        }
        let fault = role == .email ? Self.hiddenFault(in: value) : faultOfID(value)
        return fault.map { .broken($0) } ?? cardFinding(value, as: role)
    }

    /// What a value is that looks like a card number, or does not.
    ///
    /// - Parameters:
    ///   - value: the text in UTF-8, before or after transforms.
    ///   - role: what its field is to the record.
    /// - Returns: that it is sound, breaks the rule, or is an id to be counted.
    @inline(__always)
    func cardFinding(_ value: UnsafeRawBufferPointer, as role: FieldRole) -> Finding {
        guard refusesCardNumbers, CardNumber.matches(value, as: role) else { return .sound }
        return role == .account || role == .identifier ? .likeCardNumber : .broken(CardNumber.rule)
    }

    /// Whether a list holds a card number, however deep.
    func findsCardNumber(in list: JSONNode) -> Bool {
        guard refusesCardNumbers else { return false }
        var isFound = false
        list.forEachLeafPath { _, leaf in
            isFound =
                isFound
                || leaf.withStringBytes { CardNumber.matches($0, as: .text) }
                    ?? leaf.raw.withUnsafeBytes { CardNumber.matches($0, as: .text) }
        }
        return isFound
    }

    /// Whether a list in one cell, its elements separated by `|`, holds a card number.
    func findsCardNumber(inCell list: UnsafeRawBufferPointer) -> Bool {
        refusesCardNumbers
            && list.split(separator: Byte.bar).contains {
                CardNumber.matches(UnsafeRawBufferPointer(rebasing: $0), as: .text)
            }
    }

    /// Whether the job's settings make a value count as an empty cell.
    func isAbsent(_ value: UnsafeRawBufferPointer) -> Bool { looksAtAll && absentTexts.contains(value) }

    /// The rule that an id, account or phone number breaks; nil where none.
    func faultOfID(_ value: UnsafeRawBufferPointer) -> String? {
        if checksSpreadsheets, let rule = SpreadsheetDamage.rule(for: value) { return rule }
        return Self.hiddenFault(in: value)
    }

    private static func hiddenFault(in value: UnsafeRawBufferPointer) -> String? {
        InvisibleCharacters.firstHidden(in: value).map {
            "holds a control or invisible character (\(InvisibleCharacters.name(of: $0))); take it out"
        }
    }
}

/// A few short words that values are compared with, whatever their case.
private struct WordList: Sendable {
    private let words: Set<[UInt8]>
    private let longest: Int
    /// The bytes that words begin with, small letters and capitals, and those that are taken off a value's beginning.
    private let beginnings: ByteSet

    init(_ words: [String]) {
        self.words = Set(words.map { Array(InvisibleCharacters.trimmed($0).lowercased().utf8) })
        longest = self.words.map(\.count).max() ?? 0
        let first = self.words.compactMap(\.first)
        beginnings = ByteSet(
            first + first.filter(Byte.isLetter).map { $0 & ~0x20 }
                + (0...255).filter { !InvisibleCharacters.isGraphic($0) })
    }

    @inline(__always)
    func contains(_ value: UnsafeRawBufferPointer) -> Bool {
        guard let first = value.first, beginnings.contains(first) else { return false }
        return containsText(of: value)
    }

    @inline(never)
    private func containsText(of value: UnsafeRawBufferPointer) -> Bool {
        let text = InvisibleCharacters.trimmed(value)
        // A small letter takes at least a third of its capital's bytes (the Kelvin sign: 3, k: 1); in ASCII, as many.
        guard text.count <= longest || text.count <= 3 * longest && text.contains(where: { $0 >= 0x80 }) else {
            return false
        }
        return words.contains(Array(String(decoding: text, as: UTF8.self).lowercased().utf8))
    }
}

/// What is done to every value of a record before transforms and a field's own rules look at it, as a job may change it.
package struct ValueRules: Sendable, Hashable, Codable {
    /// Whether white space and invisible characters are taken off both ends of each value.
    package let trims: Bool
    /// Whether an id, account or phone number that a spreadsheet has altered is refused, and `="0013"` is read as 0013.
    package let checksSpreadsheets: Bool
    /// Placeholder texts, in any case: invalid as an account, and as the only one of email and phone number; beside a
    /// good one of the two the other counts as absent.
    package let placeholders: [String]
    /// Texts that count as an empty cell in every field, in any case.
    package let absentTexts: [String]
    /// Whether a value that looks like a payment card number is refused, and counted where it is an id or account.
    package let refusesCardNumbers: Bool

    /// The rules of a job; without any argument, the defaults.
    ///
    /// - Parameters:
    ///   - trims: whether white space and invisible characters are taken off both ends of each value.
    ///   - checksSpreadsheets: whether what a spreadsheet has altered is refused.
    ///   - placeholders: texts that count as placeholders; nil: the usual ones.
    ///   - absentTexts: texts that count as an empty cell.
    ///   - refusesCardNumbers: whether what looks like a payment card number is refused.
    package init(
        trims: Bool = true, checksSpreadsheets: Bool = true, placeholders: [String]? = nil, absentTexts: [String] = [],
        refusesCardNumbers: Bool = true
    ) {
        self.trims = trims
        self.checksSpreadsheets = checksSpreadsheets
        self.placeholders = placeholders ?? Self.usualPlaceholders
        self.absentTexts = absentTexts
        self.refusesCardNumbers = refusesCardNumbers
    }

    /// Reads stored rules; those stored before card numbers were looked for let them pass, as they did.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        trims = try container.decode(Bool.self, forKey: .trims)
        checksSpreadsheets = try container.decode(Bool.self, forKey: .checksSpreadsheets)
        placeholders = try container.decode([String].self, forKey: .placeholders)
        absentTexts = try container.decode([String].self, forKey: .absentTexts)
        refusesCardNumbers = try container.decodeIfPresent(Bool.self, forKey: .refusesCardNumbers) ?? false
    }

    /// What databases, spreadsheets and programs write where there is nothing.
    package static let usualPlaceholders = [
        "NULL", "(null)", "[NULL]", "<null>", "\\N", "nil", "None", "nan", "-nan", "NaT", "<NA>", "undefined", "NA",
        "N/A",
        "N.A.", "n.a", "#NA", "-", "--", "#N/A", "#N/A N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!",
        "#SPILL!", "#CALC!", "#ERROR!", "#FIELD!", "#BLOCKED!", "#UNKNOWN!", "#CONNECT!", "#GETTING_DATA",
    ]

    /// How values were read before such rules existed: the rules of batches that were stored without any.
    static let none = ValueRules(
        trims: false, checksSpreadsheets: false, placeholders: [], refusesCardNumbers: false)
}
