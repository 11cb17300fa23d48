/// The one description of a key: from it come strictness, the environment variable, the default and the reference.
struct SettingKey<Value: Sendable>: Sendable {
    /// The dotted path of the key in its file.
    let path: String
    let format: ValueFormat<Value>
    /// The default as it would be written; nil for a key that is required or may be absent.
    let fallback: String?
    let about: String

    init(_ path: String, _ format: ValueFormat<Value>, default fallback: String? = nil, _ about: String) {
        self.path = path
        self.format = format
        self.fallback = fallback
        self.about = about
    }

    var description: KeyDescription {
        KeyDescription(path: path, expectation: format.expectation, fallback: fallback, about: about, isScalar: true)
    }
}
