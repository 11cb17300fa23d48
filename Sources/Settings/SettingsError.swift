/// What is wrong with a settings or job file, or with an environment variable that overrides one of its keys.
///
/// The text names the file, the line and the key and says what would be right; it never holds the value,
/// which may be a password.
public struct SettingsError: Error, Sendable, Equatable {
    /// The file as it was named by the caller, or `environment`.
    public let file: String
    /// The line, counted from 1; nil where the error belongs to no single line.
    public let line: Int?
    /// The column, counted from 1 in Unicode scalars; nil where it says nothing more than the line.
    public let column: Int?
    /// The dotted key (`limits.rate`) or the environment variable; nil where the whole file is meant.
    public let key: String?
    /// What is wrong and what to do, as a sentence without its place.
    public let message: String
    /// The right key or variable nearest to an unknown one.
    public let nearest: String?

    init(
        file: String, line: Int? = nil, column: Int? = nil, key: String? = nil, _ message: String,
        nearest: String? = nil
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.key = key
        self.message = message
        self.nearest = nearest
    }
}

extension SettingsError: CustomStringConvertible {
    /// The place and the sentence: `rollcall.yaml, line 12: limits.rate must be a number above 0`.
    public var description: String {
        guard let line else { return "\(file): \(message)" }
        guard let column else { return "\(file), line \(line): \(message)" }
        return "\(file), line \(line), column \(column): \(message)"
    }
}
