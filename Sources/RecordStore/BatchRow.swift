/// A batch's row as far as writing needs it.
struct BatchRow {
    let state: BatchState
    let cursor: Int64
    let queued: Int
    let inFlight: Int
    let calls: Int
    let doubtedLines: Int
    let isIngested: Bool
    let following: Int
    let reuses: Bool
    let keepsAnswers: Bool

    /// Records that wait for a call of their own.
    var toCall: Int { queued - following }

    init(_ statement: PreparedStatement) throws {
        guard let state = BatchState(rawValue: statement.text(0) ?? "") else {
            throw StoreError(.damaged, "The database holds a batch state unknown here; restore it from a backup")
        }
        self.state = state
        cursor = statement.integer(1)
        queued = Int(statement.integer(2))
        inFlight = Int(statement.integer(3))
        calls = Int(statement.integer(4))
        doubtedLines = Int(statement.integer(5))
        isIngested = statement.integer(6) == 1
        following = Int(statement.integer(7))
        reuses = statement.integer(8) == 1
        keepsAnswers = statement.integer(9) == 1
    }
}
