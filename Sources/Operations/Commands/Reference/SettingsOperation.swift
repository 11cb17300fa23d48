import Basics
import Settings

/// `rollcall settings`: the reference of the keys of settings and job files.
package struct SettingsOperation: Sendable {
    private let name: String?
    private let json: Bool
    private let console: Console

    /// The names of all keys.
    package static var keys: [String] { SettingsReference.entries.map(\.key.path) }

    /// Describes what to show: the key or section of that name; nil: all.
    package init(_ name: String?, json: Bool, console: Console = .standard) {
        (self.name, self.json, self.console) = (name, json, console)
    }

    /// Prints it; reads no file.
    ///
    /// - Throws: `OperationFailure` (64) for a key that there is not, naming the nearest.
    package func perform() throws -> ExitStatus {
        let entries = name.map(SettingsReference.entries) ?? SettingsReference.entries
        guard !entries.isEmpty else {
            let name = name ?? ""
            let meant = SettingsReference.nearest(to: name).map { "; did you mean '\($0)'?" } ?? ";"
            throw OperationFailure(.usage, "there is no key '\(name)'\(meant) \(Hint.settings) lists them")
        }
        if json {
            for entry in entries { console.output(json: SettingLine(entry)) }
        } else {
            let width = console.results.columns
            let lines = entries.flatMap { Self.lines($0, width: width) }
            console.output(lines.rendered(on: console.results))
        }
        return .succeeded
    }

    /// A key in bold, and what there is to say of it indented below.
    static func lines(_ entry: SettingsReference.Entry, width: Int?) -> [StyledText] {
        let key = entry.key
        var rows: [(label: String, value: String, tone: StyledText.Tone?)] = [("  value", key.expectation, nil)]
        if let fallback = key.fallback { rows.append(("  default", fallback, nil)) }
        rows.append(("  stands in", entry.place.text, nil))
        if entry.place != .job, let variable = key.environmentVariable { rows.append(("  variable", variable, nil)) }
        let about = LabelledText([("", key.about, nil)]).lines(fitting: width)
        return [StyledText(key.path, .strong)] + about
            + LabelledText(rows).lines(fitting: width) + [StyledText()]
    }
}

extension SettingsReference.Place {
    fileprivate var text: String {
        switch self {
        case .settings: "rollcall.yaml"
        case .job: "job files"
        case .both: "rollcall.yaml, and job files, which stand over it"
        }
    }
}

/// A key as `settings --json` prints it.
struct SettingLine: Encodable {
    let key: String
    /// What a right value is.
    let value: String
    /// As it would be written; absent: there is none.
    let `default`: String?
    let about: String
    let place: SettingsReference.Place
    /// Absent: it cannot come from the environment.
    let variable: String?

    enum CodingKeys: CodingKey, CaseIterable { case key, value, `default`, about, place, variable }

    init(_ entry: SettingsReference.Entry) {
        (key, value, `default`) = (entry.key.path, entry.key.expectation, entry.key.fallback)
        (about, place) = (entry.key.about, entry.place)
        variable = entry.place == .job ? nil : entry.key.environmentVariable
    }
}
