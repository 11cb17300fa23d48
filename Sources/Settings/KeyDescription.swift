/// One key of a settings or job file, as the reference in the documentation shows it.
public struct KeyDescription: Sendable, Equatable {
    /// The dotted path: `limits.rate`.
    public let path: String
    /// What a right value is: 'a whole number, at least 1'.
    public let expectation: String
    /// The default as it would be written; nil where there is none.
    public let fallback: String?
    /// What the key is for.
    public let about: String
    /// Whether the key holds one value; lists and tables of the user's own cannot come from the environment.
    public let isScalar: Bool

    /// The environment variable that overrides the key in `rollcall.yaml`.
    public var environmentVariable: String? {
        isScalar ? "ROLLCALL_" + path.uppercased().replacing(".", with: "_") : nil
    }
}
