import Basics

/// The reference of all keys, made from the descriptions that the decoder reads by.
package struct SettingsReference: Sendable {
    /// Where a key may stand.
    package enum Place: String, Sendable, Encodable {
        /// In `rollcall.yaml` alone.
        case settings
        /// In job files alone.
        case job
        /// In both; a job's stands over the settings'.
        case both
    }

    /// One key, and where it may stand.
    package struct Entry: Sendable, Equatable {
        package let key: KeyDescription
        package let place: Place
    }

    /// All keys: those of `rollcall.yaml`, then those that job files alone have.
    package static let entries: [Entry] = {
        let (ofSettings, ofJobs) = (Set(Settings.keys.map(\.path)), Set(JobDefinition.keys.map(\.path)))
        return Settings.keys.flatMap { key in
            let members = key.path == SettingKeys.notify.path ? Settings.Notification.keys : []
            return ([key] + members).map { Entry(key: $0, place: ofJobs.contains(key.path) ? .both : .settings) }
        }
            + JobDefinition.keys.filter { !ofSettings.contains($0.path) }.map { Entry(key: $0, place: .job) }
    }()

    /// The keys that a name stands for: that key, or all of that section.
    ///
    /// - Parameter name: `limits.rate`, or `limits`.
    /// - Returns: None where there is no such key.
    package static func entries(named name: String) -> [Entry] {
        let exact = entries.filter { $0.key.path == name }
        return exact + entries.filter { $0.key.path.hasPrefix(name + ".") }
    }

    /// The key or section that was probably meant by a name that there is not; nil where none is near.
    package static func nearest(to name: String) -> String? {
        let paths = entries.map(\.key.path)
        let sections = Set(paths.compactMap { $0.split(separator: ".").dropLast().first.map(String.init) })
        // Of a name without its section the last part is the whole.
        if let path = paths.first(where: { $0.hasSuffix("." + name) }) { return path }
        return EditDistance.meantWord(by: name, among: paths + sections)
    }

    /// The rows of a Markdown table of some keys, header and ruler included.
    package static func table(of keys: [KeyDescription]) -> String {
        let rows = keys.map { key in
            ["`\(key.path)`", key.expectation, key.fallback.map { "`\($0)`" } ?? "–", key.about]
                .map { $0.replacing("|", with: "\\|") }
        }
        let header = [["key", "value", "default", "what it is for"]]
        return (header.map(Self.row) + ["|---|---|---|---|"] + rows.map(Self.row)).map { $0 + "\n" }.joined()
    }

    private static func row(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |" }
}
