/// Hands out a flat file's values by key, and keeps the one spelling of each for the settings' hash.
struct ValueReader {
    private let flat: FlatFile
    let directory: String
    private(set) var canonical: [String: String] = [:]

    init(_ flat: FlatFile, directory: String) {
        self.flat = flat
        self.directory = directory
    }

    var file: String { flat.file }

    func has(_ path: String) -> Bool { flat.scalars[path] != nil || flat.structures[path] != nil }

    func structure(_ path: String) -> Entry? { flat.structures[path] }

    func place(of path: String) -> Place? { flat.scalars[path]?.place }

    /// The given value, else `inherited`, else the key's default, else nil.
    mutating func optional<Value>(
        _ key: SettingKey<Value>, over inherited: Value? = nil
    ) throws(SettingsError) -> Value? {
        let value = try given(key) ?? inherited ?? key.fallback.flatMap { key.format.read($0, directory) }
        if let value { canonical[key.path] = key.format.isSecret ? "given" : key.format.canonical(value) }
        return value
    }

    /// As `optional`, for a key without which nothing works.
    mutating func value<Value>(
        _ key: SettingKey<Value>, over inherited: Value? = nil
    ) throws(SettingsError) -> Value {
        if let value = try optional(key, over: inherited) { return value }
        throw SettingsError(file: file, key: key.path, "\(key.path) is missing: it must be \(key.format.expectation)")
    }

    /// Notes a structured value for the settings' hash.
    mutating func note(_ text: String, at path: String) { canonical[path] = text }

    /// An error at the place where a value was given.
    func error(at path: String, _ message: String) -> SettingsError {
        let place = flat.scalars[path]?.place
        let line = place?.line ?? flat.structures[path]?.line
        return SettingsError(file: place?.file ?? file, line: line, key: path, message)
    }

    private func given<Value>(_ key: SettingKey<Value>) throws(SettingsError) -> Value? {
        guard let scalar = flat.scalars[key.path] else { return nil }
        if let value = key.format.read(scalar.text, directory) { return value }
        let name = scalar.place.variable ?? key.path
        let complaint = key.format.complaint(scalar.text).map { ": " + $0 } ?? ""
        throw error(at: key.path, "\(name) must be \(key.format.expectation)\(complaint)")
    }
}
