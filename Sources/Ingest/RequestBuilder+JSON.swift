import IdentityInsights
import JSON

extension RequestBuilder {
    /// Builds from one JSON line: the API's shape, or a flat object under the names of columns.
    mutating func buildFromJSON(_ row: UnsafeRawBufferPointer) throws {
        let root: JSONNode
        do {
            root = try JSONDocument(copying: row).root
        } catch {
            return refuse(nil, "is not valid JSON: \(error.rule)")
        }
        guard root.kind == .object else { return refuse(nil, "must be a JSON object") }
        if MemberRules.hasShape(root, mapping: mapping) {
            buildFromShape(root)
        } else {
            try buildFromMembers(root)
        }
    }

    private mutating func buildFromShape(_ root: JSONNode) {
        if let id = root[mapping.recordID ?? KnownColumns.recordID] { takeRecordID(id) }
        let request = canonicalRequest(root)
        takeWhole(request: request)
        // Canonical JSON made from a document parses again.
        guard let document = try? JSONDocument(parsing: request) else { return refuse(nil, "is not valid JSON") }
        for violation in RequestRules.violations(in: document.root) { refuse(violation.path, violation.rule) }
    }

    /// The line without its id and the members that are not sent.
    private func canonicalRequest(_ root: JSONNode) -> [UInt8] {
        let idName = mapping.recordID ?? KnownColumns.recordID
        let members = root.members.filter { $0.key != idName && !mapping.leavesOut($0.key) }
        var writer = JSONWriter()
        writer.beginObject()
        for member in members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            writer.key(member.key)
            member.value.canonical(into: &writer)
        }
        writer.endObject()
        return writer.bytes
    }

    private mutating func takeRecordID(_ node: JSONNode) {
        let name = mapping.recordID ?? KnownColumns.recordID
        switch node.kind {
        case .null: return
        case .string: node.withStringBytes { takeRecordID($0, column: name) }
        case .number where node.integer != nil: node.raw.withUnsafeBytes { takeRecordID($0, column: name) }
        default: refuse(name, "must be a string or a whole number")
        }
    }

    private mutating func buildFromMembers(_ root: JSONNode) throws {
        cells.clear()
        memberText.removeAll()
        for (name, value) in root.members where !mapping.leavesOut(name) {
            if let column = plan.columns[name] {
                take(value, name: name, column: column)
            } else {
                refuse(nil, "has a member \(ColumnName.shownMember(name)) that no field is known for")
            }
        }
        // The fields are written to other memory, so the members' text stays where it is.
        try writeFields(from: memberText.bytes)
    }

    /// Makes the member's value the text of its column's cell.
    private mutating func take(_ value: JSONNode, name: String, column: Int) {
        if value.isNull { return }
        let start = memberText.count
        let kind = plan.columnKinds[column]
        var isJSON = false
        switch (kind, value.kind) {
        case (_, .string): value.withStringBytes { memberText.append($0) }
        case (.integer, .number), (.boolean, .boolean): memberText.append(Array(value.raw))
        case (nil, .number) where value.integer != nil: memberText.append(Array(value.raw))
        case (.stringArray, .array) where value.elements.allSatisfy({ $0.kind == .string }):
            memberText.append(value.canonicalBytes)
            isJSON = true
        default: return refuse(name, Self.rule(for: kind))
        }
        var cell = Cell(start..<memberText.count)
        cell.isJSON = isJSON
        cells[column] = cell
    }

    private static func rule(for kind: FieldKind?) -> String {
        switch kind {
        case nil: "must be a string or a whole number"
        case .string: "must be a string"
        case .boolean: "must be true or false"
        case .integer: "must be a whole number"
        case .stringArray: "must be an array of strings"
        }
    }
}
