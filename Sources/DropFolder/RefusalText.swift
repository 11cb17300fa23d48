import Basics

/// What lies beside a refused file: what is wrong, where, and what to do. It holds no value of a record.
enum RefusalText {
    private static let nothingSent = "nothing of it was sent, nothing was billed"

    static func text(for error: InputError) -> String {
        """
        \(error.file) \(error.consequence ?? "was refused as a whole: \(nothingSent)").

        \(place(error).map { "\($0): \(error.file) " } ?? "\(error.file) ")\(error.rule)

        \(error.remedy ?? "Put it right and drop it into the inbox again").

        """
    }

    /// `Line 3, column 4`, nil where the whole file is meant.
    static func place(_ error: InputError) -> String? {
        error.line.map { line in error.column.map { "Line \(line), column \($0)" } ?? "Line \(line)" }
    }
}
