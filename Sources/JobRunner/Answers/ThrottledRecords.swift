import RecordStore

/// Finds the records of a run that are always answered with 'too many calls' while others are answered: such a record is
/// tried last, and then fails. A pure value.
///
/// The count is the run's; another run starts again from zero.
struct ThrottledRecords: Sendable {
    /// What happens to a record that was answered this way again.
    enum Verdict: Sendable, Equatable {
        /// It is tried again like any other.
        case again
        /// It is tried when nothing else is left.
        case last
        /// It fails.
        case enough
    }

    private let limit: Int
    /// How often each record was answered this way, since it was last answered otherwise.
    private var answers: [RecordID: Int] = [:]
    /// Records that are tried for the last time.
    private var lastTries: Set<RecordID> = []

    /// - Parameter attempts: `retry.attempts`; ten times as many such answers are enough.
    init(attempts: Int) {
        let (limit, isTooMany) = max(1, attempts).multipliedReportingOverflow(by: 10)
        self.limit = isTooMany ? .max : limit
    }

    /// Records how a call ended.
    mutating func take(_ outcome: Outcome, of record: RecordID, othersAreAnswered: Bool) -> Verdict {
        guard outcome.kind == .overloaded else {
            if outcome.isAnswer { answers[record] = nil }
            return .again
        }
        let count = answers[record, default: 0] + 1
        answers[record] = count
        if lastTries.remove(record) != nil { return .enough }
        return count >= limit && othersAreAnswered ? .last : .again
    }

    /// Nothing else is left: these records get their last try.
    mutating func beginLastTries(_ records: [RecordID]) { lastTries.formUnion(records) }
}
