/// What a group of completions changes in counters, added up before it is written.
struct FinishTally {
    /// A batch and the day on which its attempts were counted.
    struct Place: Hashable {
        let day: Int64
        let batch: BatchID
    }

    /// What the ends of attempts change in what their day counted.
    struct DayChange {
        /// Calls that surely never left.
        var givenBack: Int64 = 0
        var billable: Int64 = 0
        var unbilled: Int64 = 0
        var unknown: Int64 = 0
    }

    private(set) var batches: [BatchID: BatchCounts] = [:]
    private(set) var days: [Place: DayChange] = [:]
    /// Answers that were put where other batches find them.
    private(set) var answers: [BatchID: Int64] = [:]
    /// What the group's answers are remembered by, as it is stored.
    private(set) var references: [UInt8] = []
    /// How many completions were applied.
    private(set) var applied = 0

    /// Counts one completion that was applied: the record's new status, and the day its attempt was counted on.
    mutating func add(_ completion: Completion, status: RecordStatus, day: Int64) {
        applied += 1
        let batch = completion.record.batch
        var counts = batches[batch] ?? BatchCounts()
        counts.move(from: .inFlight, to: status)
        if status == .queued { counts.retries += 1 }
        if !completion.countsAsCall { counts.calls -= 1 }
        var change = days[Place(day: day, batch: batch)] ?? DayChange()
        if !completion.countsAsCall { change.givenBack += 1 }
        switch completion.billable {
        case .yes:
            counts.billable += 1
            change.billable += 1
        case .no:
            counts.unbilled += 1
            change.unbilled += 1
        case .unknown:
            counts.billingUnknown += 1
            change.unknown += 1
        }
        batches[batch] = counts
        days[Place(day: day, batch: batch)] = change
    }

    /// Counts an answer that was put where other batches find it.
    mutating func addAnswer(of batch: BatchID) {
        answers[batch, default: 0] += 1
    }

    /// Remembers an answer.
    mutating func add(_ reference: AnswerReference) { reference.append(to: &references) }

    /// Adds what settling followers changes.
    mutating func add(_ changes: BatchCounts, to batch: BatchID) {
        batches[batch]?.add(changes)
    }
}
