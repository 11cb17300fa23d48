/// What a group of completions changes in counters, added up before it is written.
struct FinishTally {
    private(set) var batches: [BatchID: BatchCounts] = [:]
    private(set) var days: [Int64: (givenBack: Int64, billable: Int64)] = [:]
    /// How many completions were applied.
    private(set) var applied = 0

    /// Counts one completion that was applied: the record's new status, and the day its attempt was counted on.
    mutating func add(_ completion: Completion, status: RecordStatus, day: Int64) {
        applied += 1
        var counts = batches[completion.record.batch] ?? BatchCounts()
        counts.move(from: .inFlight, to: status)
        if status == .queued { counts.retries += 1 }
        if !completion.countsAsCall { counts.calls -= 1 }
        switch completion.billable {
        case .yes: counts.billable += 1
        case .no: counts.unbilled += 1
        case .unknown: counts.billingUnknown += 1
        }
        batches[completion.record.batch] = counts
        countDay(completion, day)
    }

    private mutating func countDay(_ completion: Completion, _ day: Int64) {
        guard !completion.countsAsCall || completion.billable == .yes else { return }
        var change = days[day] ?? (0, 0)
        if !completion.countsAsCall { change.givenBack += 1 }
        if completion.billable == .yes { change.billable += 1 }
        days[day] = change
    }
}
