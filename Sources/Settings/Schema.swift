/// All the keys a kind of file may hold.
struct Schema: Sendable {
    let keys: [KeyDescription]
    private let byPath: [String: KeyDescription]
    private let sections: Set<String>
    /// Keys of `rollcall.yaml` that hold for all jobs, and that no job may have.
    private let ofSettingsFile: Set<String>
    /// Sections that a later version will know, with the sentence by which this one refuses them.
    private let planned: [String: String]

    init(_ keys: [KeyDescription], besides house: [KeyDescription] = [], planned: [String: String] = [:]) {
        self.keys = keys
        self.planned = planned
        ofSettingsFile = Set(house.map(\.path)).subtracting(keys.map(\.path))
        byPath = Dictionary(keys.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        sections = Set(keys.map { $0.path.split(separator: ".").dropLast().joined(separator: ".") }).subtracting([""])
    }

    func key(at path: String) -> KeyDescription? { byPath[path] }

    /// Whether a key that is unknown here belongs into `rollcall.yaml`.
    func isOfSettingsFile(_ path: String) -> Bool { ofSettingsFile.contains(path) }

    /// Why a section, which a later version will know, cannot stand here.
    func refusal(of section: String) -> String? { planned[section] }

    /// The same for a variable that sets something in it.
    func refusal(ofVariable variable: String) -> String? {
        planned.first { variable.hasPrefix("ROLLCALL_\($0.key.uppercased())_") }?.value
    }

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
        guard !section.isEmpty else { return nearestWord(to: name, among: keys.map(\.path) + sections) }
        return nearestWord(to: name, among: members(of: section)).map { section + "." + $0 }
    }
}
