/// A file that cannot be taken in as a whole: its name, the place and the rule it breaks. None of its records is
/// queued.
public struct InputError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's name, without its folder.
    public let file: String
    /// Physical line from 1; nil when the error concerns the whole file.
    public let line: Int?
    /// Column in characters from 1; nil when no single place is at fault.
    public let column: Int?
    /// What is wrong and what to do. It never holds a value of a record.
    public let rule: String
    /// What became of its records, where it differs from the usual: nothing of it was sent, nothing was billed.
    public var consequence: String?
    /// What to do, where it differs from the usual: correct the file and submit it again.
    public var remedy: String?

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - file: name of the file without its folder.
    ///   - line: physical line from 1.
    ///   - column: column in characters from 1.
    ///   - rule: what is wrong and what to do, without any value of a record.
    public init(file: String, line: Int? = nil, column: Int? = nil, rule: String) {
        self.file = file
        self.line = line
        self.column = column
        self.rule = rule
    }

    /// One sentence: file, place, rule.
    public var description: String {
        let place = line.map { line in column.map { ", line \(line), column \($0)" } ?? ", line \(line)" } ?? ""
        return "\(file)\(place): \(rule)"
    }
}
