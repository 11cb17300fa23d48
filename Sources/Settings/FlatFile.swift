/// A file's values under their dotted paths, each known to the schema.
struct FlatFile: Sendable {
    struct Scalar: Sendable {
        let text: String
        let place: Place
    }

    let file: String
    private(set) var scalars: [String: Scalar] = [:]
    /// Lists and tables of the user's own, under their paths.
    private(set) var structures: [String: Entry] = [:]

    /// Refuses unknown keys, sections that are none and values that are no single value.
    init(_ root: Entry, schema: Schema, file: String) throws(SettingsError) {
        self.file = file
        guard case .mapping(let members) = root.content else {
            throw SettingsError(
                file: file, line: root.line, "this file must hold keys with values, such as 'name: value'")
        }
        try take(members, section: "", schema: schema)
    }

    mutating func set(_ scalar: Scalar, at path: String) { scalars[path] = scalar }

    mutating func remove(_ path: String) { scalars[path] = nil }

    private mutating func take(
        _ members: [Entry.Member], section: String, schema: Schema
    ) throws(SettingsError) {
        for member in members {
            let path = section.isEmpty ? member.key : section + "." + member.key
            if member.key.contains(".") {
                throw unknown(member, path: path, nearest: schema.key(at: path) == nil ? nil : path, schema: schema)
            } else if let key = schema.key(at: path) {
                try take(member, key: key)
            } else if schema.isSection(path) {
                try takeSection(member, path: path, schema: schema)
            } else if let refusal = schema.refusal(of: path) {
                throw wrong(member, path: path, "\(path): \(refusal)")
            } else if schema.isOfSettingsFile(path) {
                throw wrong(member, path: path, "\(path) belongs into rollcall.yaml: it is the same for all jobs")
            } else {
                let nearest = schema.nearest(to: member.key, in: section)
                throw unknown(member, path: path, nearest: nearest, schema: schema)
            }
        }
    }

    private mutating func take(_ member: Entry.Member, key: KeyDescription) throws(SettingsError) {
        guard key.isScalar else {
            structures[key.path] = member.value
            return
        }
        switch member.value.content {
        case .scalar(let text):
            scalars[key.path] = Scalar(text: text, place: Place(file: file, line: member.value.line))
        case .empty:
            throw wrong(member, path: key.path, "\(key.path) has no value: give one or take the line out")
        case .list, .mapping:
            throw wrong(member, path: key.path, "\(key.path) must be \(key.expectation)")
        }
    }

    private mutating func takeSection(
        _ member: Entry.Member, path: String, schema: Schema
    ) throws(SettingsError) {
        switch member.value.content {
        case .mapping(let members):
            try take(members, section: path, schema: schema)
        case .empty:
            return
        case .scalar, .list:
            let keys = schema.members(of: path).joined(separator: ", ")
            throw wrong(member, path: path, "\(path) must hold keys of its own, indented below it: \(keys)")
        }
    }

    private func unknown(
        _ member: Entry.Member, path: String, nearest: String?, schema: Schema
    ) -> SettingsError {
        let remedy =
            path == nearest
            ? "write each of its parts on a line of its own, indented below the one before"
            : nearest.map { "the nearest is '\($0)'" } ?? "take it out"
        return SettingsError(
            file: file, line: member.line, key: path, "the key '\(path)' is unknown: \(remedy)", nearest: nearest)
    }

    private func wrong(_ member: Entry.Member, path: String, _ message: String) -> SettingsError {
        SettingsError(file: file, line: member.value.line ?? member.line, key: path, message)
    }
}
