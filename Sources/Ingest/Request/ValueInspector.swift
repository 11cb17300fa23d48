import IdentityInsights

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
    }

    /// The rule that a placeholder breaks where a value is needed.
    static let placeholderRule = "is a placeholder for a missing value, such as NULL or #N/A"

    private let checksSpreadsheets: Bool
    private let placeholders: WordList
    private let absentTexts: WordList
    private let looksAtAll: Bool

    init(_ rules: ValueRules) {
        checksSpreadsheets = rules.checksSpreadsheets
        placeholders = WordList(rules.placeholders)
        absentTexts = WordList(rules.absentTexts)
        looksAtAll = !rules.absentTexts.isEmpty
    }

    /// Whether fields of a role are looked at.
    func looks(at role: FieldRole) -> Bool { role != .text || looksAtAll }

    /// Looks at a value.
    ///
    /// - Parameters:
    ///   - value: the text in UTF-8, not empty.
    ///   - role: what its field is to the record.
    /// - Returns: what is to be said of it.
    func look(at value: UnsafeRawBufferPointer, as role: FieldRole) -> Finding {
        if looksAtAll, absentTexts.contains(value) { return .absent }
        switch role {
        case .text: return .sound
        case .account, .email, .phone:
            if placeholders.contains(value) || InvisibleCharacters.trimmed(value).isEmpty { return .placeholder }
        case .identifier: break
        }
        let fault = role == .email ? Self.hiddenFault(in: value) : faultOfID(value)
        return fault.map { .broken($0) } ?? .sound
    }

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
    /// One bit for each byte that a word begins with, of small letters.
    private let firstBytes: SIMD4<UInt64>

    init(_ words: [String]) {
        self.words = Set(words.map { Array(InvisibleCharacters.trimmed($0).lowercased().utf8) })
        longest = self.words.map(\.count).max() ?? 0
        var bits = SIMD4<UInt64>()
        for first in self.words.compactMap(\.first) { bits[Int(first >> 6)] |= 1 << UInt64(first & 63) }
        firstBytes = bits
    }

    @inline(__always)
    func contains(_ value: UnsafeRawBufferPointer) -> Bool {
        guard let first = value.first else { return false }
        guard InvisibleCharacters.isGraphic(first) else { return containsText(of: value) }
        let small = Byte.isLetter(first) ? first | 0x20 : first
        guard value.count <= longest, firstBytes[Int(small >> 6)] >> UInt64(small & 63) & 1 == 1 else { return false }
        return containsText(of: value)
    }

    @inline(never)
    private func containsText(of value: UnsafeRawBufferPointer) -> Bool {
        let text = String(decoding: InvisibleCharacters.trimmed(value), as: UTF8.self)
        return words.contains(Array(text.lowercased().utf8))
    }
}
