import IdentityInsights
import JSON

/// Makes the request of a JSON line in the API's shape: canonical, values cleaned like those of a CSV row, and what is
/// null or empty left out.
struct ShapedRequest {
    /// The rules that values break before they are written.
    private(set) var refusals: [Refusal] = []
    /// Fields that are there and refused.
    private(set) var refused = RequestFieldSet()
    /// Email and phone number where they are placeholders.
    private(set) var placeholders: [Refusal] = []
    /// Whether an id or account looks like a payment card number.
    private(set) var holdsCardLikeID = false

    private let values: ValueRules
    private let inspector: ValueInspector
    private static let account = "user.account.hashedAccountId"

    init(_ values: ValueRules, _ inspector: ValueInspector) {
        self.values = values
        self.inspector = inspector
    }

    /// The request in canonical form.
    ///
    /// - Parameters:
    ///   - root: the line's object.
    ///   - isSent: whether a member at the top, by its name, is part of the request.
    /// - Returns: the request's JSON.
    mutating func request(of root: JSONNode, where isSent: (String) -> Bool) -> [UInt8] {
        let members = root.members.filter { isSent($0.key) }.map { (name: Array($0.key.utf8), value: $0.value) }
        return object(members, at: "")
    }

    /// The canonical form of a list whose strings are cleaned.
    static func canonicalList(_ list: JSONNode, trims: Bool) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for element in list.elements {
            if trims, element.withStringBytes({ writer.string(utf8: InvisibleCharacters.trimmed($0)) }) != nil {
                continue
            }
            element.canonical(into: &writer)
        }
        writer.endArray()
        return writer.bytes
    }

    /// Names are sorted by their bytes; a member without a value is left out.
    private mutating func object(_ members: [(name: [UInt8], value: JSONNode)], at path: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in members.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
            let inner = Self.path(path, name)
            guard let written = written(value, at: inner) else { continue }
            name.withUnsafeBytes { writer.key(utf8: $0) }
            writer.raw(written)
        }
        writer.endObject()
        return writer.bytes
    }

    /// The value's canonical form; nil where it counts as absent.
    private mutating func written(_ value: JSONNode, at path: String) -> [UInt8]? {
        switch value.kind {
        case .null: return nil
        case .string: return value.stringBytes.flatMap { text($0, at: path) }
        case .number where path == Self.account && value.isWholeNumber: return text(Array(value.raw), at: path)
        case .number, .boolean: return admitsNumber(value, at: path) ? Array(value.raw) : nil
        case .array:
            if inspector.findsCardNumber(in: value) {
                refuse(path, CardNumber.innerRule)
                return nil
            }
            return Self.canonicalList(value, trims: values.trims)
        case .object:
            var members: [(name: [UInt8], value: JSONNode)] = []
            value.forEachMember { members.append((Array($0), $1)) }
            let written = object(members, at: path)
            // What held nothing but absent values is absent itself.
            return written == Array("{}".utf8) && !members.isEmpty ? nil : written
        }
    }

    private mutating func text(_ bytes: [UInt8], at path: String) -> [UInt8]? {
        bytes.withUnsafeBytes { all in
            var cell = Cell(0..<all.count)
            cell.clean(in: all, trims: values.trims, unwraps: values.checksSpreadsheets)
            let text = all.portion(cell.range)
            guard !text.isEmpty, admits(text, at: path) else { return nil }
            var writer = JSONWriter(capacity: text.count + 2)
            writer.string(utf8: text)
            return writer.bytes
        }
    }

    /// Whether a value is sent; if not, says why where there is a reason.
    private mutating func admits(_ value: UnsafeRawBufferPointer, at path: String) -> Bool {
        let field = RequestField.named(path)
        let role = field?.role ?? .text
        switch inspector.look(at: value, as: role) {
        case .sound: return true
        case .likeCardNumber:
            holdsCardLikeID = true
            return true
        case .absent: return false
        case .placeholder where role != .account:
            placeholders.append(Refusal(field: path, rule: ValueInspector.placeholderRule))
            return false
        case .placeholder: refuse(path, ValueInspector.placeholderRule)
        case .broken(let rule): refuse(path, rule)
        }
        return false
    }

    /// Whether a number or boolean is sent; a card number may stand without quotes, too.
    private mutating func admitsNumber(_ value: JSONNode, at path: String) -> Bool {
        let role = RequestField.named(path)?.role ?? .text
        switch value.raw.withUnsafeBytes({ inspector.cardFinding($0, as: role) }) {
        case .broken(let rule):
            refuse(path, rule)
            return false
        case .likeCardNumber: holdsCardLikeID = true
        case .sound, .absent, .placeholder: break
        }
        return true
    }

    private mutating func refuse(_ path: String, _ rule: String) {
        guard let field = RequestField.named(path) else {
            // A name that no document knows may be a value itself: only the object around it is named.
            let group = path.split(separator: ".").first.map(String.init)
            let isKnown = group.map(["user", "device"].contains) ?? false
            return refusals.append(Refusal(field: isKnown ? group : nil, rule: CardNumber.innerRule))
        }
        refusals.append(Refusal(field: path, rule: rule))
        refused.insert(field.index)
    }

    /// A name with a dot is a single unknown name, not a path to a field.
    private static func path(_ path: String, _ name: [UInt8]) -> String {
        guard !name.contains(UInt8(ascii: ".")) else { return "?" }
        let name = String(decoding: name, as: UTF8.self)
        return path.isEmpty ? name : path + "." + name
    }
}
