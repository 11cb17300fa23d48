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
