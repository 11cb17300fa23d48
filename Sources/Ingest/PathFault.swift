import IdentityInsights

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
