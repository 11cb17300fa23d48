/// Counts undecipherable answers in a row; each was billed, so a few of them are reason to halt.
///
/// Only a success breaks the row: no other outcome shows that our key still opens answers.
struct UndecipherableStreak: Sendable {
    var limit: Int
    private var count = 0

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// Counts one outcome; returns the halt when the row is long enough.
    mutating func record(_ kind: Outcome.Kind) -> Halt? {
        switch kind {
        case .succeeded: count = 0
        case .undecipherable: count += 1
        default: return nil
        }
        return count >= limit ? .undecipherable(inARow: count) : nil
    }

    /// Starts a new row.
    mutating func reset() { count = 0 }
}
