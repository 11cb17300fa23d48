import IdentityInsights
import JSON

extension RequestBuilder {
    /// Builds from one JSON line: the API's shape, or a flat object under the names of columns.
    mutating func buildFromJSON(_ row: UnsafeRawBufferPointer) throws {
        let root: JSONNode
        do {
            root = try JSONDocument(copying: ByteOrderMark.dropped(from: row)).root
        } catch {
            return refuse(nil, "is not valid JSON: \(error.rule)")
        }
        guard root.kind == .object else { return refuse(nil, "must be a JSON object") }
        guard !MemberRules.holdsRepeatedName(root) else {
            return refuse(nil, "has a member given twice, under names that differ only in their Unicode form")
        }
        if MemberRules.hasShape(root, mapping: mapping) {
            try buildFromShape(root)
        } else {
            try buildFromMembers(root)
        }
    }

    private mutating func buildFromShape(_ root: JSONNode) throws {
        let idName = mapping.recordID ?? KnownColumns.recordID
        if let id = root.members.first(where: { $0.key == idName })?.value { takeRecordID(id, name: idName) }
        var shape = ShapedRequest(values, inspector)
        let request = shape.request(of: root) { $0 != idName && !mapping.leavesOut($0) }
        emitter.take(request)
        refusals += shape.refusals
        // Canonical JSON made from a document parses again.
        guard let document = try? JSONDocument(parsing: request) else { return refuse(nil, "is not valid JSON") }
        let inspection = RequestInspection(of: document.root)
        present = inspection.present.union(shape.refused)
        placeholders = shape.placeholders
        for violation in inspection.violations { refuse(violation.path, violation.rule) }
        notes += inspection.notes.map { Refusal(field: $0.path, rule: $0.rule) }
        judgeWhole(isShape: true)
    }

    private mutating func takeRecordID(_ node: JSONNode, name: String) {
        switch node.kind {
        case .null: return
        case .string: node.withStringBytes { identifier.append(values.trims ? InvisibleCharacters.trimmed($0) : $0) }
        case .number where node.isWholeNumber: node.raw.withUnsafeBytes { identifier.append($0) }
        default: return refuse(name, "must be a string or a whole number")
        }
        if let rule = inspector.faultOfID(identifier.bytes) { refuse(name, rule) }
    }

    private mutating func buildFromMembers(_ root: JSONNode) throws {
        cells.clear()
        memberText.removeAll()
        for (name, value) in root.members where !mapping.leavesOut(name) {
            if let column = plan.columns[name] {
                take(value, name: name, column: column)
            } else {
                refuse(nil, "has a member \(MemberRules.shown(name, of: root)) that no field is known for")
            }
        }
        cells.clean(in: memberText.bytes, trims: values.trims, unwraps: values.checksSpreadsheets)
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
        case (nil, .number) where value.isWholeNumber: memberText.append(Array(value.raw))
        case (.stringArray, .array) where value.elements.allSatisfy({ $0.kind == .string }):
            memberText.append(ShapedRequest.canonicalList(value, trims: values.trims))
            isJSON = true
        default: return refuse(member: name, column, Self.rule(for: kind))
        }
        var cell = Cell(start..<memberText.count)
        cell.isJSON = isJSON
        cells[column] = cell
    }

    private mutating func refuse(member name: String, _ column: Int, _ rule: String) {
        let path = plan.writes.first { $0.source.reads(column) && $0.path.text != name }?.path.text
        refusals.append(Refusal(column: path == nil ? nil : name, field: path ?? name, rule: rule))
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
