/// Why something was refused or failed: what modules' errors have in common.
///
/// Each module has a list of codes of its own and a name for its error, `StoreError` being `CodedError<StoreErrorCode>`.
/// Texts name files, folders, batches and rules, never a value of a record.
package struct CodedError<ErrorCode: Sendable & Equatable>: Error, Sendable, Equatable, CustomStringConvertible {
    /// What callers decide by.
    package typealias Code = ErrorCode

    /// What kind of trouble it is.
    package let code: Code
    /// One sentence: what is wrong and what to do.
    package let message: String
    /// What the system or a library said; nil where it was not asked or said nothing.
    package let cause: String?

    /// States what is wrong, what to do, and what the layer below said.
    package init(_ code: Code, _ message: String, cause: String? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// A file or folder cannot be used.
    ///
    /// - Parameters:
    ///   - code: What kind of trouble it is.
    ///   - name: The file's or folder's name.
    ///   - verb: What was to be done with it, as a participle.
    ///   - fault: The system's error.
    package init(_ code: Code, _ name: String, cannotBe verb: String, because fault: SystemFault) {
        self.init(code, "\(name) cannot be \(verb); \(fault.advice)", cause: fault.text)
    }

    /// The message, followed by the cause.
    package var description: String {
        cause.map { "\(message) (\($0))" } ?? message
    }
}

/// A file that cannot be taken in as a whole: its name, the place and the rule it breaks. None of its records is
/// queued.
package struct InputError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's name, without its folder.
    package let file: String
    /// Physical line from 1; nil when the error concerns the whole file.
    package let line: Int?
    /// Column in characters from 1; nil when no single place is at fault.
    package let column: Int?
    /// What is wrong and what to do. It never holds a value of a record.
    package let rule: String
    /// What became of its records, where it differs from the usual: nothing of it was sent, nothing was billed.
    package var consequence: String?
    /// What to do, where it differs from the usual: correct the file and submit it again.
    package var remedy: String?

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - file: name of the file without its folder.
    ///   - line: physical line from 1.
    ///   - column: column in characters from 1.
    ///   - rule: what is wrong and what to do, without any value of a record.
    package init(file: String, line: Int? = nil, column: Int? = nil, rule: String) {
        self.file = file
        self.line = line
        self.column = column
        self.rule = rule
    }

    /// One sentence: file, place, rule.
    package var description: String {
        let place = line.map { line in column.map { ", line \(line), column \($0)" } ?? ", line \(line)" } ?? ""
        return "\(file)\(place): \(rule)"
    }
}
