import Basics
import IdentityInsights

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
