extension ValueReader {
    /// A name or a list of names; empty if the key is absent.
    func words(_ key: KeyDescription) throws(SettingsError) -> [String] {
        guard let entry = structure(key.path) else { return [] }
        return try words(entry, or: wrong(key.path, entry.line, key.expectation))
    }

    /// A text or a list of texts, in which `NULL` is the word and not YAML's nothing; nil if the key is absent.
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
