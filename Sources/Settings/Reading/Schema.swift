import Basics

/// All the keys a kind of file may hold.
struct Schema: Sendable {
    let keys: [KeyDescription]
    private let byPath: [String: KeyDescription]
    private let sections: Set<String>
    /// Keys of `rollcall.yaml` that hold for all jobs, and that no job may have.
    private let ofSettingsFile: Set<String>

    init(_ keys: [KeyDescription], besides settings: [KeyDescription] = []) {
        self.keys = keys
        ofSettingsFile = Set(settings.map(\.path)).subtracting(keys.map(\.path))
        byPath = Dictionary(keys.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        sections = Set(keys.map { $0.path.split(separator: ".").dropLast().joined(separator: ".") }).subtracting([""])
    }

    func key(at path: String) -> KeyDescription? { byPath[path] }

    /// Whether a key that is unknown here belongs in `rollcall.yaml`.
    func isOfSettingsFile(_ path: String) -> Bool { ofSettingsFile.contains(path) }

    func isSection(_ path: String) -> Bool { sections.contains(path) }

    /// The keys directly below a section, to be named in an error.
    func members(of section: String) -> [String] {
        keys.map(\.path).filter { $0.hasPrefix(section + ".") }.map { String($0.dropFirst(section.count + 1)) }
    }

    /// The key that was probably meant: one of that very name elsewhere, else the nearest in the same section, or the
    /// nearest of all at the top.
    func nearest(to name: String, in section: String) -> String? {
        if let elsewhere = keys.first(where: { $0.path.hasSuffix("." + name) || $0.path == name }) {
            return elsewhere.path
        }
        guard !section.isEmpty else { return EditDistance.nearestWord(to: name, among: keys.map(\.path) + sections) }
        return EditDistance.nearestWord(to: name, among: members(of: section)).map { section + "." + $0 }
    }
}
