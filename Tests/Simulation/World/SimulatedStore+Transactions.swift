import Basics

@testable import JobRunner
@testable import RecordStore

extension SimulatedStore.State {
    /// As `RecordStore.claim`, in one transaction.
    mutating func claim(
        _ id: BatchID, upTo count: Int, now: WallTime, dueBy: WallTime, caps: CallCaps, of rerun: RerunNumber?
    ) -> Claim {
        let batch = self[id]
        guard batch.state == .running else { return Claim(records: [], state: batch.state) }
        let month = caps.day.month
        let charged = chargedOfDay.reduce(0) { month.contains($1.key.rawValue) ? $0 + $1.value : $0 }
        let allowance = CallAllowance(
            wanted: count, caps: caps, batchCalls: batch.counts.calls, dayCalls: callsOfDay[caps.day, default: 0],
            monthCharged: charged)
        var records: [ClaimedRecord] = []
        var isCapped = false
        for place in candidates(of: id, upTo: count, dueBy: dueBy, rerun) {
            guard records.count < allowance.count else {
                isCapped = true
                break
            }
            records.append(open(batch.record(at: place), now: now, on: caps.day))
            if self[id].cursor == place { self[id].cursor += 1 }
        }
        self[id].counts.move(records.count, from: .queued, to: .inFlight)
        self[id].counts.attempts += records.count
        self[id].counts.calls += records.count
        callsOfDay[caps.day, default: 0] += records.count
        chargedOfDay[caps.day, default: 0] += records.count
        return Claim(
            records: records, cappedBy: isCapped ? allowance.limitedBy : nil, nextReadyAt: nextReady(of: id, rerun),
            exhausted: self[id].counts.isExhausted)
    }

    /// Retries that are due first, then untried lines.
    private func candidates(of id: BatchID, upTo count: Int, dueBy: WallTime, _ rerun: RerunNumber?) -> [Int] {
        let batch = self[id]
        let waiting = batch.lines.indices.filter { batch.lines[$0].isWaiting(for: rerun) }
        let due = waiting.compactMap { place in batch.lines[place].notBefore.map { ($0, place) } }
            .filter { $0.0 <= dueBy }.sorted { $0 < $1 }.map(\.1)
        let untried = rerun == nil ? waiting.filter { batch.lines[$0].notBefore == nil } : []
        return Array((due + untried).prefix(count))
    }

    private func nextReady(of id: BatchID, _ rerun: RerunNumber?) -> WallTime? {
        self[id].lines.lazy.filter { $0.isWaiting(for: rerun) }.compactMap(\.notBefore)
            .filter { $0 < NextStep.behindAll }.min()
    }

    private mutating func open(_ record: RecordID, now: WallTime, on day: CallDay) -> ClaimedRecord {
        lastAttempt += 1
        let attempt = AttemptID(rawValue: lastAttempt)
        self[record].status = .inFlight
        self[record].notBefore = nil
        self[record].ledger.append(SimulatedStore.LedgerRow(id: attempt, day: day, startedAt: now))
        return ClaimedRecord(
            id: record, attempt: attempt, number: self[record].ledger.count, spentAttempts: self[record].spent,
            recordID: [], rawRow: withUnsafeBytes(of: record.rawValue) { Array($0) })
    }

    /// As `RecordStore.finish`.
    mutating func finish(_ completions: [Completion]) -> Int {
        completions.count { completion in
            let line = self[completion.record]
            guard let row = line.ledger.last, row.id == completion.attempt, row.outcome == nil else { return false }
            var status = completion.next.status
            if status == .queued, self[completion.record.batch].state == .cancelled {
                let isDoubted = line.ledger.dropLast().contains { $0.billable != .no }
                status = isDoubted ? .inDoubt : .cancelled
            }
            close(row, with: completion, as: status)
            return true
        }
    }

    private mutating func close(
        _ row: SimulatedStore.LedgerRow, with completion: Completion, as status: RecordStatus
    ) {
        let (record, batch) = (completion.record, completion.record.batch)
        var closed = row
        closed.outcome = completion.outcome
        closed.billable = completion.billable
        closed.countsAsCall = completion.countsAsCall
        self[record].ledger[self[record].ledger.count - 1] = closed
        self[record].status = status
        self[record].spent += completion.next.spendsAttempt && completion.countsAsCall ? 1 : 0
        self[record].notBefore = status == .queued ? completion.next.notBefore : nil
        if status != .queued { self[record].rerun = 0 }
        if completion.answer != nil { self[record].hasAnswer = true }
        self[batch].counts.move(from: .inFlight, to: status)
        if status == .queued { self[batch].counts.retries += 1 }
        if !completion.countsAsCall {
            self[batch].counts.calls -= 1
            callsOfDay[row.day, default: 0] -= 1
        }
        if completion.billable == .no { chargedOfDay[row.day, default: 0] -= 1 }
        if completion.next == .succeeded, let reference = completion.requestRefID {
            answers.append(AnswerReference(reference))
        }
    }

    /// As `RecordStore.requeue`; returns the records.
    mutating func requeue(_ id: BatchID, _ selection: RequeueSelection) -> [RecordID] {
        guard !selection.byPolicy || [.running, .completed].contains(self[id].state) else { return [] }
        let batch = self[id]
        let selected = batch.lines.indices.filter { place in
            let line = batch.lines[place]
            guard selection.statuses.contains(line.status) else { return false }
            if let most = selection.maximumSpent, line.spent >= most { return false }
            let needsNoAnswer = line.status == .inDoubt && (selection.byPolicy || selection.sparesAnswered)
            return !needsNoAnswer || line.isDoubtWithoutAnswer
        }.prefix(selection.limit ?? .max)
        guard !selected.isEmpty else { return [] }
        if !selection.byPolicy { self[id].reruns += 1 }
        for place in selected {
            let status = self[id].lines[place].status
            self[id].lines[place].status = .queued
            self[id].lines[place].notBefore = NextStep.atOnce
            self[id].lines[place].rerun = selection.byPolicy ? 0 : self[id].reruns
            if !selection.byPolicy { self[id].lines[place].spent = 0 }
            self[id].counts.move(from: status, to: .queued)
            if selection.byPolicy, status == .inDoubt { self[id].counts.inDoubtRetried += 1 }
        }
        if [.completed, .cancelled].contains(batch.state) {
            self[id].state = .running
            self[id].isConcluded = false
        }
        return selected.map { batch.record(at: $0) }
    }

    /// As `RecordStore.moveBatch`.
    mutating func move(_ id: BatchID, from states: Set<BatchState>, to state: BatchState, reason: String?) -> Bool {
        let batch = self[id]
        guard states.contains(batch.state), batch.state.successors.contains(state),
            state != .completed || batch.counts.isExhausted
        else { return false }
        (self[id].state, self[id].reason, self[id].resumesAt) = (state, reason, nil)
        if state.isFinished { self[id].isConcluded = false }
        guard state == .cancelled else { return true }
        for place in batch.lines.indices where batch.lines[place].status == .queued {
            let isDoubted =
                batch.lines[place].notBefore != nil
                && batch.lines[place].ledger.contains { $0.billable != .no }
            let status: RecordStatus = isDoubted ? .inDoubt : .cancelled
            self[id].lines[place].status = status
            self[id].lines[place].notBefore = nil
            self[id].counts.move(from: .queued, to: status)
        }
        return true
    }

    /// As the recovery at a start: attempts that are still open are in doubt. Returns their records.
    mutating func recover(at now: WallTime) -> [RecordID] {
        var open: [Completion] = []
        for batch in batches {
            for place in batch.lines.indices where batch.lines[place].status == .inFlight {
                guard let row = batch.lines[place].ledger.last else { continue }
                open.append(
                    Completion(
                        attempt: row.id, record: batch.record(at: place), outcome: .inDoubt, cause: "crash",
                        startedAt: row.startedAt, finishedAt: now, next: .inDoubt, billable: .unknown))
            }
        }
        _ = finish(open)
        return open.map(\.record)
    }
}

extension SimulatedStore.Line {
    func isWaiting(for number: RerunNumber?) -> Bool {
        status == .queued && (number == nil || rerun == number?.rawValue)
    }

    /// Whether it may have been billed, surely was not answered, and no answer is kept.
    var isDoubtWithoutAnswer: Bool {
        ledger.last?.billable == .unknown && !hasAnswer && !ledger.contains { $0.billable == .yes }
    }
}
