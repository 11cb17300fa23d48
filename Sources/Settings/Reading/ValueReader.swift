/// Hands out a flat file's values by key, and keeps the one spelling of each for the settings' hash.
struct ValueReader {
    private let flat: FlatFile
    let directory: String
    private(set) var canonical: [String: String] = [:]

    init(_ flat: FlatFile, directory: String) {
        self.flat = flat
        self.directory = directory
    }

    var file: String { flat.file }

    func has(_ path: String) -> Bool { flat.has(path) }

    func structure(_ path: String) -> Entry? { flat.structures[path] }

    func place(of path: String) -> Place? { flat.scalars[path]?.place }

    /// The given value, else `inherited`, else the key's default, else nil.
    mutating func optional<Value>(
        _ key: SettingKey<Value>, over inherited: Value? = nil
    ) throws(SettingsError) -> Value? {
        let value = try given(key) ?? inherited ?? key.fallback.flatMap { key.format.read($0, directory) }
        if let value { canonical[key.path] = key.format.isSecret ? "given" : key.format.canonical(value) }
        return value
    }

    /// As `optional`, for a key without which nothing works.
    mutating func value<Value>(
        _ key: SettingKey<Value>, over inherited: Value? = nil
    ) throws(SettingsError) -> Value {
        if let value = try optional(key, over: inherited) { return value }
        throw SettingsError(file: file, key: key.path, "\(key.path) is missing: it must be \(key.format.expectation)")
    }

    /// Notes a structured value for the settings' hash.
    mutating func note(_ text: String, at path: String) { canonical[path] = text }

    /// An error at the place where a value was given.
    func error(at path: String, _ message: String) -> SettingsError {
        let place = flat.scalars[path]?.place
        let line = place?.line ?? flat.structures[path]?.line
        return SettingsError(file: place?.file ?? file, line: line, key: path, message)
    }

    private func given<Value>(_ key: SettingKey<Value>) throws(SettingsError) -> Value? {
        guard let scalar = flat.scalars[key.path] else { return nil }
        if let value = key.format.read(scalar.text, directory) { return value }
        let name = scalar.place.variable ?? key.path
        let complaint = key.format.complaint(scalar.text).map { ": " + $0 } ?? ""
        throw error(at: key.path, "\(name) must be \(key.format.expectation)\(complaint)")
    }
}

extension ValueReader {
    /// One or several of a type's values, each at most once in effect.
    func choices<Choice: CaseIterable & RawRepresentable<String> & Sendable>(
        _ entry: Entry, at path: String
    ) throws(SettingsError) -> [Choice] {
        let format = ValueFormat<Choice>.choice
        let error = wrong(path, entry.line, "\(format.expectation), or a list of these")
        var choices: [Choice] = []
        for word in try words(entry, or: error) {
            guard let choice = format.read(word, "/") else { throw error }
            choices.append(choice)
        }
        guard !choices.isEmpty else { throw error }
        return choices
    }
}

extension ValueReader {
    /// A name or a list of names; empty if the key is absent.
    func words(_ key: KeyDescription) throws(SettingsError) -> [String] {
        guard let entry = structure(key.path) else { return [] }
        return try words(entry, or: wrong(key.path, entry.line, key.expectation))
    }

    /// A text or a list of texts, in which `NULL` is text, not YAML's null; nil if the key is absent.
    func texts(_ key: KeyDescription) throws(SettingsError) -> [String]? {
        guard let entry = structure(key.path) else { return nil }
        let items: [Entry]
        if case .list(let list) = entry.content { items = list } else { items = [entry] }
        var texts: [String] = []
        for item in items {
            switch item.content {
            case .scalar(let text) where !text.isEmpty, .empty(let text) where !text.isEmpty: texts.append(text)
            default: throw wrong(key.path, item.line ?? entry.line, key.expectation)
            }
        }
        return texts
    }

    /// The fields of `fields:` in the file's order; empty if the key is absent.
    func fields(_ key: KeyDescription) throws(SettingsError) -> [JobDefinition.Field] {
        guard let entry = structure(key.path) else { return [] }
        guard case .mapping(let members) = entry.content else {
            throw wrong(key.path, entry.line, key.expectation)
        }
        var fields: [JobDefinition.Field] = []
        for member in members { fields.append(try field(member)) }
        return fields
    }

    private func field(_ member: Entry.Member) throws(SettingsError) -> JobDefinition.Field {
        try checkPath(member)
        let parts: FieldParts
        switch member.value.content {
        case .scalar(let column) where !column.isEmpty:
            return JobDefinition.Field(path: member.key, source: .column(column), transforms: [], line: member.line)
        case .mapping:
            parts = try FieldParts(member, file: file)
        default:
            throw wrong("fields.\(member.key)", member.line, "a column's name, or column, columns and join, or value")
        }
        return JobDefinition.Field(
            path: member.key, source: try parts.source(), transforms: try parts.transforms(), line: member.line)
    }

    /// The API's shape: letters and digits between dots, below `user` or `device`, or one of two fields at the top.
    private func checkPath(_ member: Entry.Member) throws(SettingsError) {
        let parts = member.key.split(separator: ".", omittingEmptySubsequences: false)
        let isWellFormed = parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { isDigit($0) || isLetter($0) } }
        let root = parts.first.map(String.init) ?? ""
        let isBelow = ["user", "device"].contains(root) && parts.count > 1
        let isTop = ["endCustomerRefId", "placement"].contains(root) && parts.count == 1
        guard isWellFormed, isBelow || isTop else {
            throw wrong(
                "fields.\(member.key)", member.line,
                "an API path: user.…, device.…, endCustomerRefId or placement (such as user.email)")
        }
    }

    func words(_ entry: Entry, or error: SettingsError) throws(SettingsError) -> [String] {
        let items: [Entry]
        if case .list(let list) = entry.content { items = list } else { items = [entry] }
        var words: [String] = []
        for item in items {
            guard case .scalar(let word) = item.content, !word.isEmpty else { throw error }
            words.append(word)
        }
        return words
    }

    func wrong(_ key: String, _ line: Int?, _ expectation: String) -> SettingsError {
        SettingsError(file: file, line: line, key: key, "\(key) must be \(expectation)")
    }
}

extension ValueReader {
    /// A password as it is given, or from its private file without the line end.
    mutating func password(_ key: SettingKey<Secret>) throws(SettingsError) -> Secret? {
        if let password = try optional(key) { return password }
        return try password(inFileOf: SettingKeys.file(of: key))
    }

    /// The one line of the private file that a key names, without the line end; nil where the key is absent.
    mutating func password(inFileOf fileKey: SettingKey<String>) throws(SettingsError) -> Secret? {
        guard let path = try optional(fileKey) else { return nil }
        let input = try readPrivate(path, key: fileKey.path)
        let text = input.text.last?.isNewline == true ? String(input.text.dropLast()) : input.text
        guard !text.isEmpty, !text.contains(where: \.isNewline) else {
            throw error(at: fileKey.path, "\(fileKey.path) must name a file of one line that is not empty")
        }
        return Secret(text)
    }

    private func readPrivate(_ path: String, key: String) throws(SettingsError) -> InputText {
        let input: InputText
        do {
            input = try InputText(path: path)
        } catch {
            throw self.error(at: key, "\(key) names a file that does not help: \(error.message)")
        }
        guard !input.isOpenToOthers else {
            throw error(at: key, "\(key) names a file that others can read: chmod 600 it")
        }
        return input
    }

    /// One line per effective value, sorted by key.
    var description: String {
        canonical.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined()
    }
}
