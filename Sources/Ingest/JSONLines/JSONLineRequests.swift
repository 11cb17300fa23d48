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
        if shape.holdsCardLikeID { holdsCardLikeID = true }
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
        inspectRecordID(name: name)
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
            if inspector.findsCardNumber(in: value) { return refuse(member: name, column, CardNumber.innerRule) }
            memberText.append(ShapedRequest.canonicalList(value, trims: values.trims))
            isJSON = true
        default: return refuse(member: name, column, Self.rule(for: kind))
        }
        var cell = Cell(start..<memberText.count)
        cell.isJSON = isJSON
        cells[column] = cell
    }

    private mutating func refuse(member name: String, _ column: Int, _ rule: String) {
        for index in plan.writes.indices where plan.writes[index].source.reads(column) && steps[index].presence >= 0 {
            refusedFields.insert(Int(steps[index].presence))
        }
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

/// The rules for the member names of a JSON line.
enum MemberRules {
    /// The members of the API's shape at the top of a line.
    static let shape = ["user", "device", "endCustomerRefId", "placement"]

    /// Whether a line has the API's shape rather than being flat.
    static func hasShape(_ root: JSONNode, mapping: FieldMapping) -> Bool {
        mapping.fields.isEmpty && (root["user"] != nil || root["device"] != nil)
    }

    /// Checks that each name is known.
    ///
    /// - Parameters:
    ///   - root: a line's object.
    ///   - plan: the fields that can be filled.
    ///   - mapping: the job's mapping.
    /// - Throws: `PlanFault` for the first name that is not known.
    static func check(_ root: JSONNode, plan: FieldPlan, mapping: FieldMapping) throws(PlanFault) {
        let known = knownNames(root, plan: plan, mapping: mapping)
        let isKnown = { mapping.leavesOut($0) || known.contains($0) }
        let unknown = root.members.filter { !isKnown($0.key) }
        if unknown.contains(where: { WrappedRecords.are($0.value) }) { throw PlanFault(WrappedRecords.rule) }
        guard let name = unknown.first?.key else { return }
        let nearest = NearestName.of(name, among: known.sorted())
        // In an object of which nothing is known a name may be a value: it is shown only where it is nearly known.
        let isShown = nearest != nil || root.members.contains { isKnown($0.key) }
        let shown = isShown ? shown(name, of: root, nearest: nearest) : hidden
        throw PlanFault("has a member \(shown) that no field is known for; rename it, or list it under ignore_columns")
    }

    /// A member's name as a message may show it: in quotes, with the one that was probably meant; or not at all.
    ///
    /// - Parameters:
    ///   - name: the name.
    ///   - root: the line it stands in, whose values must not be repeated.
    ///   - nearest: the known name that is nearest, if one is near.
    /// - Returns: what stands behind 'a member'.
    static func shown(_ name: String, of root: JSONNode, nearest: String? = nil) -> String {
        guard RecordWords(of: root).mayShow(name) else { return hidden }
        return "'\(name)'" + (nearest.map { " (did you mean '\($0)'?)" } ?? "")
    }

    /// A member given twice under names that differ in their bytes and are the same text (Unicode's canonical
    /// equivalence), here or in a nested object: which of them is meant is undecidable.
    static func holdsRepeatedName(_ node: JSONNode) -> Bool {
        switch node.kind {
        case .array: node.elements.contains(where: holdsRepeatedName)
        case .object:
            hasEquivalentNames(node) || node.members.contains { holdsRepeatedName($0.value) }
        default: false
        }
    }

    private static let hidden = "(name not shown, perhaps a value)"

    private static func hasEquivalentNames(_ object: JSONNode) -> Bool {
        var isASCII = true
        object.forEachMember { name, _ in isASCII = isASCII && name.allSatisfy { $0 < 0x80 } }
        guard !isASCII else { return false }
        var seen: Set<String> = []
        return object.members.contains { !seen.insert($0.key).inserted }
    }

    private static func knownNames(_ root: JSONNode, plan: FieldPlan, mapping: FieldMapping) -> [String] {
        hasShape(root, mapping: mapping)
            ? shape + [mapping.recordID ?? KnownColumns.recordID] : Array(plan.columns.keys)
    }
}

/// Records that stand as a list inside one object, `{"records":[{…},{…}]}`, as services give them. They are no
/// JSON-lines, and read as such they would be one record without a known member.
enum WrappedRecords {
    /// The rule such a file breaks.
    static let rule = "holds its records in a list; write one object per line, without what is around them"

    /// Whether a text begins with an object whose first member is a list of objects; its end need not be there.
    ///
    /// - Parameters:
    ///   - text: the beginning of a file.
    ///   - mapping: the job's mapping: what it reads or leaves out may be such a list.
    /// - Returns: whether it does.
    static func begin(in text: UnsafeRawBufferPointer, mapping: FieldMapping) -> Bool {
        var place = 0
        guard skip(Byte.openBrace, in: text, &place), skip(Byte.quote, in: text, &place),
            let end = text.firstOffset(of: Byte.quote, in: place..<text.count)
        else { return false }
        let name = String(decoding: text.portion(place..<end), as: UTF8.self)
        place = end + 1
        guard skip(Byte.colon, in: text, &place), skip(Byte.openBracket, in: text, &place),
            skip(Byte.openBrace, in: text, &place)
        else { return false }
        return !HeaderRules.isKnown(name, mapping: mapping)
    }

    /// Whether a value is such a list.
    static func are(_ value: JSONNode) -> Bool { value[0]?.kind == .object }

    /// Passes over white space and one byte, if it is this one.
    private static func skip(_ byte: UInt8, in text: UnsafeRawBufferPointer, _ place: inout Int) -> Bool {
        while place < text.count, Byte.isSpace(text[place]) { place += 1 }
        guard place < text.count, text[place] == byte else { return false }
        place += 1
        return true
    }
}
