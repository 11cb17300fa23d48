import Basics
import IdentityInsights

/// How the cells of a row become a request: the columns' names and the mapping, worked out once for a file.
struct FieldPlan: Sendable {
    /// The fields in the order of the canonical form.
    let writes: [FieldWrite]
    /// The columns that may hold the record's id; the first that is not empty does.
    let recordIDColumns: [RecordIDColumn]
    /// The columns by name.
    let columns: [String: Int]
    /// The kind of value each column holds; nil where it holds nothing but an id or account, which may be a number.
    let columnKinds: [FieldKind?]

    /// Works out the plan for CSV.
    ///
    /// - Parameters:
    ///   - header: the columns' names in order.
    ///   - mapping: the job's mapping.
    /// - Throws: `PlanFault` for the first rule broken.
    init(header: [String], mapping: FieldMapping) throws(PlanFault) {
        let places = Dictionary(header.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        try self.init(columns: places, rules: try Self.rules(header: header, mapping: mapping), mapping: mapping)
        try refuseConflicts()
    }

    /// Works out the plan for JSON-lines, whose lines name their members one by one.
    ///
    /// - Parameter mapping: the job's mapping.
    /// - Throws: `PlanFault` for the first rule broken.
    init(members mapping: FieldMapping) throws(PlanFault) {
        let rules = mapping.fields.isEmpty ? KnownColumns.allRules : mapping.fields
        let names = rules.flatMap(\.source.columns) + [mapping.recordID ?? KnownColumns.recordID]
        var places: [String: Int] = [:]
        for name in names where places[name] == nil { places[name] = places.count }
        try self.init(columns: places, rules: rules, mapping: mapping)
        // Among the known names several lead to one field; which of them a line uses is seen line by line.
        if !mapping.fields.isEmpty { try refuseConflicts() }
    }

    private init(columns: [String: Int], rules: [FieldRule], mapping: FieldMapping) throws(PlanFault) {
        var writes: [FieldWrite] = []
        for rule in rules { writes.append(try Self.write(for: rule, columns: columns)) }
        self.writes = writes.sorted { FieldPath.precedes($0.path, $1.path) }
        self.columns = columns
        columnKinds = (0..<columns.count).map { Self.kind(ofColumn: $0, among: writes) }
        recordIDColumns = Self.recordIDNames(mapping).compactMap { name in
            columns[name].map { place in
                RecordIDColumn(
                    place: place, name: name,
                    isCheckedAsField: writes.contains { $0.isCheckedAsID && $0.source == .column(place) })
            }
        }
    }

    private static func recordIDNames(_ mapping: FieldMapping) -> [String] {
        if let name = mapping.recordID { return [name] }
        return mapping.fields.isEmpty ? [KnownColumns.recordID, KnownColumns.accountID] : [KnownColumns.recordID]
    }

    private static func rules(header: [String], mapping: FieldMapping) throws(PlanFault) -> [FieldRule] {
        guard mapping.fields.isEmpty else { return mapping.fields }
        return header.filter { !mapping.leavesOut($0) }.compactMap { KnownColumns.ruleOrPath(for: $0) }
    }

    private static func write(for rule: FieldRule, columns: [String: Int]) throws(PlanFault) -> FieldWrite {
        if let fault = FieldPath.fault(in: rule.path) { throw PlanFault(fault.rule(for: rule.path)) }
        let write = FieldWrite(rule, source: try source(of: rule, columns))
        if case .value(let bytes) = write.source,
            let broken = bytes.withUnsafeBytes({ write.field?.violation(in: $0) })
        {
            throw PlanFault("the value the job gives \(rule.path) \(broken)")
        }
        return write
    }

    private static func source(of rule: FieldRule, _ columns: [String: Int]) throws(PlanFault) -> WriteSource {
        var places: [Int] = []
        for name in rule.source.columns {
            guard let place = columns[name] else { throw HeaderRules.missing(name, for: rule.path, columns.keys) }
            places.append(place)
        }
        switch rule.source {
        case .column: return .column(places.first ?? 0)
        case .columns(_, let join): return .columns(places, join: Array(join.utf8))
        case .value(let text): return .value(Array(text.utf8))
        }
    }

    /// Two columns must not fill the same field, nor one field stand inside another.
    private func refuseConflicts() throws(PlanFault) {
        for (one, other) in zip(writes, writes.dropFirst()) where other.path.segments.starts(with: one.path.segments) {
            throw PlanFault(
                column: other.source.firstColumn,
                one.path == other.path
                    ? "two columns fill \(one.path.text); remove one or list it under ignore_columns"
                    : "\(one.path.text) and \(other.path.text) cannot both be given; remove one")
        }
    }

    /// A column that several fields read is text unless they agree.
    private static func kind(ofColumn place: Int, among writes: [FieldWrite]) -> FieldKind? {
        let readers = writes.filter { $0.source.reads(place) }
        guard let first = readers.first, readers.contains(where: { $0.role != .account }) else { return nil }
        return readers.contains { $0.kind != first.kind } ? .string : first.kind
    }
}

extension FieldPlan {
    /// Refuses a file of which no record could be sent.
    ///
    /// - Parameter mapping: the job's mapping, by which the plan was made.
    /// - Throws: `PlanFault` where no column is the account, or none an email or phone number (openapi 0.2.2, `UserInput`).
    func requireWhatEveryRecordNeeds(_ mapping: FieldMapping) throws(PlanFault) {
        let isMapped = !mapping.fields.isEmpty
        guard fills(under: "user.account.") else {
            throw PlanFault(
                "has no account, which every record needs; "
                    + (isMapped
                        ? "add user.account.hashedAccountId to the job's fields"
                        : "add a column account_id (it is sent hashed) or hashed_account_id, or map one in a job"))
        }
        guard fills(under: "user.email") || fills(under: "user.phone.number") else {
            throw PlanFault(
                "has neither an email nor a phone number, one of which every record needs; "
                    + (isMapped
                        ? "add user.email or user.phone.number to the job's fields"
                        : "add a column email or phone_number, or map one in a job"))
        }
    }

    private func fills(under path: String) -> Bool { writes.contains { $0.path.text.hasPrefix(path) } }
}

/// One field of the request to be written from a row.
struct FieldWrite: Sendable {
    let path: FieldPath
    /// The documented field, nil where it passes through.
    let field: RequestField?
    let source: WriteSource
    let transforms: [FieldTransform]
    /// The file's own name for where the value comes from; nil where that is the API's path or no column at all.
    let columnName: String?

    /// A field that is not documented is text.
    var kind: FieldKind { field?.kind ?? .string }

    /// The field's role in the record. Values that the job itself gives are not checked.
    var role: FieldRole {
        if case .value = source { return .text }
        return field?.role ?? .text
    }

    /// Whether its text is looked at by the rules of ids.
    var isCheckedAsID: Bool { [.account, .phone, .identifier].contains(role) }

    /// - Parameters:
    ///   - rule: how the field is filled.
    ///   - source: the rule's source with columns by their place.
    init(_ rule: FieldRule, source: WriteSource) {
        path = FieldPath(rule.path)
        field = RequestField.named(rule.path)
        self.source = source
        transforms = rule.transforms
        let name = PlainText.line(rule.source.columns.joined(separator: " + "))
        columnName = name.isEmpty || name == rule.path ? nil : name
    }
}

/// Where a write takes its text from, with columns by their place.
enum WriteSource: Sendable, Equatable {
    case column(Int)
    case columns([Int], join: [UInt8])
    case value([UInt8])

    /// The first column it reads, nil where it reads none.
    var firstColumn: Int? {
        switch self {
        case .column(let place): place
        case .columns(let places, _): places.first
        case .value: nil
        }
    }

    func reads(_ column: Int) -> Bool {
        switch self {
        case .column(let place): place == column
        case .columns(let places, _): places.contains(column)
        case .value: false
        }
    }
}

/// A column that may hold the record's own id.
struct RecordIDColumn: Sendable, Equatable {
    let place: Int
    let name: String
    /// Whether a field made from the column is looked at for a spreadsheet's damage, so that it need not be done here.
    let isCheckedAsField: Bool
}

/// Why columns and mapping do not make a request.
struct PlanFault: Error, Sendable, Equatable {
    /// The column at fault from 0; nil where none is.
    let column: Int?
    /// What is wrong and what to do.
    let rule: String

    init(column: Int? = nil, _ rule: String) {
        self.column = column
        self.rule = rule
    }
}

/// A dotted path of the API: a documented field, or one below `user.` or `device.` that passes through unchecked.
struct FieldPath: Sendable, Hashable {
    let text: String
    /// The names of the objects around the field and its own, in order.
    let segments: [[UInt8]]

    /// Why `text` cannot be a field's path, nil where it can.
    static func fault(in text: String) -> PathFault? {
        if RequestField.named(text) != nil { return nil }
        let segments = text.split(separator: ".", omittingEmptySubsequences: false)
        guard segments.count > 1, let root = segments.first, ["user", "device"].contains(root),
            segments.allSatisfy(isName)
        else { return .unknown }
        if RequestField.all.contains(where: { $0.path.hasPrefix(text + ".") }) { return .group }
        if RequestField.all.contains(where: { text.hasPrefix($0.path + ".") }) { return .belowField }
        return nil
    }

    /// Whether a path that no document names is so close to a documented one that a header with it means that one: the
    /// same except for case and separators, or for one letter, or two exchanged, in one name that is long enough for
    /// that to be no coincidence. Another number, as in `streetLine3`, is not a typo.
    static func isMisspelt(_ text: String) -> Bool {
        guard RequestField.named(text) == nil else { return false }
        return RequestField.all.contains { isSlip(text, of: $0.path) }
    }

    /// - Parameter text: a path without fault.
    init(_ text: String) {
        self.text = text
        segments = text.split(separator: ".").map { Array($0.utf8) }
    }

    /// The order of the canonical form: object by object, names sorted by their bytes.
    static func precedes(_ one: FieldPath, _ other: FieldPath) -> Bool {
        one.segments.lexicographicallyPrecedes(other.segments) { $0.lexicographicallyPrecedes($1) }
    }

    /// In characters: of shorter names too many are one letter apart.
    private static let shortestSlip = 5

    private static func isSlip(_ text: String, of path: String) -> Bool {
        if NearestName.plain(text) == NearestName.plain(path) { return true }
        let (names, meant) = (text.split(separator: "."), path.split(separator: "."))
        let different = zip(names, meant).filter { $0 != $1 }
        guard names.count == meant.count, different.count == 1, let (name, right) = different.first,
            right.count >= shortestSlip, name.filter({ !$0.isNumber }) != right.filter({ !$0.isNumber })
        else { return false }
        return EditDistance.between(NearestName.plain(String(name)), NearestName.plain(String(right))) <= 1
    }

    private static func isName(_ segment: Substring) -> Bool {
        !segment.isEmpty && segment.utf8.allSatisfy { Byte.isDigit($0) || Byte.isLetter($0) || $0 == Byte.underscore }
    }
}

/// Why a text is no path of a field.
enum PathFault: Sendable, Equatable {
    /// Neither a documented field nor anything below `user.` or `device.`.
    case unknown
    /// A documented object, such as `user.phone`.
    case group
    /// Something below a documented field, such as `user.email.domain`.
    case belowField

    /// What is wrong with `path` in a job's mapping, and what to do.
    func rule(for path: String) -> String {
        let subject = "the job fills '\(path)', which"
        switch self {
        case .unknown: return "\(subject) is no field of the API; \(Self.advice(for: path))"
        case .group: return "\(subject) is a group of fields; name one of them"
        case .belowField: return "\(subject) lies below a field; name the field itself"
        }
    }

    private static func advice(for path: String) -> String {
        NearestName.of(path, among: RequestField.all.map(\.path)).map { "did you mean '\($0)'?" }
            ?? "docs/input.md lists the fields"
    }
}
