/// What lies beside a refused file: what is wrong, where, and what to do. It holds no value of a record.
enum RefusalText {
    static func text(for error: InputError) -> String {
        """
        \(error.file) was refused as a whole: nothing of it was sent, nothing was billed.

        \(place(error).map { "\($0): \(error.file) " } ?? "\(error.file) ")\(error.rule)

        Put it right and drop it into the inbox again.

        """
    }

    /// `Line 3, column 4`, nil where the whole file is meant.
    static func place(_ error: InputError) -> String? {
        error.line.map { line in error.column.map { "Line \(line), column \($0)" } ?? "Line \(line)" }
    }
}
