import Yams

/// One value of a YAML file with the line it starts in. Scalars are kept as they are written: YAML would read `22:00`
/// as 1320 and `no` as false.
struct Entry: Sendable {
    enum Content: Sendable {
        case scalar(String)
        /// Nothing, `~` or `null`, unquoted: as it is written.
        case empty(String)
        case list([Entry])
        case mapping([Member])
    }

    struct Member: Sendable {
        let key: String
        let line: Int?
        let value: Entry
    }

    let line: Int?
    let content: Content
}

extension Entry {
    /// This mapping without the member an error is about: that of a dotted key, else that in which a line stands. Nil
    /// if there is none.
    func without(_ key: String?, line: Int?) -> Entry? {
        if let key, let smaller = removing(key) { return smaller }
        return line.flatMap { removingMember(at: $0, depth: 2) }
    }

    /// At most so deep, for half a field would be wrong in another way.
    private func removingMember(at line: Int, depth: Int) -> Entry? {
        guard depth > 0, case .mapping(var members) = content,
            let index = members.lastIndex(where: { $0.line.map { $0 <= line } ?? false })
        else { return nil }
        let member = members[index]
        if let smaller = member.value.removingMember(at: line, depth: depth - 1) {
            members[index] = Member(key: member.key, line: member.line, value: smaller)
        } else {
            members.remove(at: index)
        }
        return Entry(line: self.line, content: .mapping(members))
    }

    /// Keys of the user's own, such as `user.email`, hold dots themselves.
    private func removing(_ path: String) -> Entry? {
        guard case .mapping(var members) = content else { return nil }
        for (index, member) in members.enumerated() where path == member.key || path.hasPrefix(member.key + ".") {
            if path == member.key {
                members.remove(at: index)
            } else if let smaller = member.value.removing(String(path.dropFirst(member.key.count + 1))) {
                members[index] = Member(key: member.key, line: member.line, value: smaller)
            } else {
                continue
            }
            return Entry(line: line, content: .mapping(members))
        }
        return nil
    }
}

extension Entry {
    /// Reads one YAML document; an empty one is an empty mapping.
    ///
    /// Yams' own error texts quote the source line, where a password may stand, so only their marks are used.
    static func parse(_ text: String, file: String) throws(SettingsError) -> Entry {
        let node: Node?
        do {
            node = try compose(yaml: text, .default, .default, .utf8)
        } catch let error as YamlError {
            throw Self.located(error, file: file)
        } catch {
            throw SettingsError(file: file, "this is not valid YAML")
        }
        guard let node else { return Entry(line: nil, content: .mapping([])) }
        return try Entry(node, file: file)
    }

    private init(_ node: Node, file: String) throws(SettingsError) {
        switch node {
        case .scalar(let scalar):
            self.init(line: node.mark?.line, content: Self.content(of: scalar))
        case .sequence(let sequence):
            var items: [Entry] = []
            for item in sequence { items.append(try Entry(item, file: file)) }
            self.init(line: node.mark?.line, content: .list(items))
        case .mapping(let mapping):
            self.init(line: node.mark?.line, content: .mapping(try Self.members(of: mapping, file: file)))
        case .alias:
            throw SettingsError(file: file, line: node.mark?.line, "write the value itself here instead of an alias")
        }
    }

    private static func content(of scalar: Node.Scalar) -> Content {
        guard scalar.style == .plain else { return .scalar(scalar.string) }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            ? .empty(scalar.string) : .scalar(scalar.string)
    }

    private static func members(of mapping: Node.Mapping, file: String) throws(SettingsError) -> [Member] {
        var members: [Member] = []
        var lines: [String: Int] = [:]
        for (name, value) in mapping {
            let line = name.mark?.line
            guard case .scalar(let scalar) = name else {
                throw SettingsError(file: file, line: line, "a key must be a plain word")
            }
            // Yams compares keys with their tags, so `rate` and `! "rate"` pass its own check.
            if let first = lines.updateValue(line ?? 0, forKey: scalar.string) {
                throw duplicate(scalar.string, line: line, message: "it is given in line \(first) already", file: file)
            }
            members.append(Member(key: scalar.string, line: line, value: try Entry(value, file: file)))
        }
        return members
    }

    private static func duplicate(_ key: String, line: Int?, message: String, file: String) -> SettingsError {
        SettingsError(file: file, line: line, key: key, "the key '\(key)' is given twice, keep one: \(message)")
    }

    private static func located(_ error: YamlError, file: String) -> SettingsError {
        switch error {
        case .duplicatedKeysInMapping(let keys, let context):
            return duplicate(
                keys.first ?? "", line: context.mark.line, message: "this is the first of them", file: file)
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
            return SettingsError(
                file: file, line: mark.line, column: mark.column,
                "this is not valid YAML: check quotes, colons and indentation here and in the line above")
        default:
            return SettingsError(file: file, "this is not valid YAML: it holds a character that YAML does not allow")
        }
    }
}

/// Where a value came from: a line of the file, or an environment variable.
struct Place: Sendable, Equatable {
    let file: String
    let line: Int?
    /// The environment variable, where the value came from one.
    var variable: String?

    static func environment(_ variable: String) -> Place {
        Place(file: "environment", line: nil, variable: variable)
    }
}
