package import Basics

extension RecordStore {
    /// Takes records off a batch's queue: due retries first, then untried lines in input order.
    ///
    /// Their ledger rows are committed and the ledger's mark has moved before this returns; the caps are checked in the
    /// same transaction. A record identical to one unresolved in doubt is put in doubt itself, without a call, unless
    /// its own call may have been billed and it is repeated by decision; one identical to an answered record gets that
    /// answer, where the caps allow it.
    ///
    /// - Parameters:
    ///   - batch: The batch; while it isn't running the claim returns no records and its state.
    ///   - count: The most records to take.
    ///   - now: The time, for the ledger.
    ///   - dueBy: Retries due by this time are ready; nil: `now`. Separate from `now`
    ///     for callers whose retries do not follow an adjustable wall clock.
    ///   - caps: Hard limits on calls.
    ///   - rerun: Only what this re-run of the batch queued; nil: whatever waits.
    ///   - awaitsProof: Whether this runner has yet to read an answer: of nodes for which that is so one makes a call at a
    ///     time.
    ///   - completions: Attempts that ended, of any batch, to be written in the same transaction as by ``finish(_:)``;
    ///     if the claim fails, neither is written.
    /// - Returns: The records, and why there are no more.
    /// - Throws: ``StoreError``; ``StoreErrorCode/stateNotWritten`` when the ledger can't be written,
    ///   ``StoreErrorCode/diskFull`` at once when there is no space for it: see ``waitForRoom()``.
    package func claim(
        _ batch: BatchID, upTo count: Int, now: WallTime, dueBy: WallTime? = nil, caps: CallCaps,
        of rerun: RerunNumber? = nil, awaitingProof awaitsProof: Bool = false, finishing completions: [Completion] = []
    ) async throws -> Claim {
        try requireRunning()
        try await announce(batch)
        let key = try await dataKey(of: batch)
        let request = ClaimRequest(
            batch: batch, count: max(0, count), now: now, dueBy: dueBy ?? now, caps: caps, key: key,
            keys: keys, rerun: rerun, awaitsProof: awaitsProof)
        let sealed = try await seal(completions)
        // A claim that has waited would be out of date: its permits, its window and its day are those of the present.
        let (result, failures) = try await keeping(sealed, comeAgain: true) {
            try await tellingServer { isTold in
                try await write(leavingCountersToTheGroup: true, patience: .none) {
                    connection -> (ClaimResult, FailuresInARow?) in
                    let isEnding = !sealed.isEmpty
                    if isEnding { _ = try connection.finish(sealed, refusingLost: !isTold) }
                    let failures = try isEnding ? connection.countFailures(sealed) : nil
                    // The batch's key and name are those of before: the next claim looks again.
                    return (try isTold ? connection.nothing(for: request) : connection.claim(request), failures)
                }
            }
        }
        node?.disown(completions.map(\.attempt))
        if let failures { self.failures.withLock { $0 = failures } }
        if result.standing?.isLate ?? false { return try await giveBack(result, now: now) }
        let records = try await open(result.records, key, now: now)
        return Claim(
            records: records, cappedBy: result.cappedBy, nextReadyAt: result.nextReadyAt, exhausted: result.exhausted,
            state: result.state, held: result.held, reused: result.reused, passed: result.passed,
            obstacle: result.obstacle)
    }

    /// Names a batch outside the database before its first claim, once in its life.
    private func announce(_ batch: BatchID) async throws {
        guard files != nil || node != nil, !announced.withLock({ $0.contains(batch) }) else { return }
        if let node {
            let known = try await self.batch(batch)
            try await BlockingWork.run { try node.announce(known) }
        } else if let files {
            try await write(patience: .none) { connection in
                try files.append(try connection.journalEntries(of: batch))
            }
        }
        announced.withLock { _ = $0.insert(batch) }
    }

    /// Gives back what was claimed in a transaction of which it was long unknown whether it lasts: nothing of it is sent.
    private func giveBack(_ result: ClaimResult, now: WallTime) async throws -> Claim {
        _ = try await finish(result.records.map { $0.unsent(now: now) })
        return Claim(
            records: [], nextReadyAt: result.nextReadyAt, state: result.state, held: result.held,
            reused: result.reused, passed: result.passed)
    }

    /// Opens what was claimed. A record that was altered in the database file can't be sent, and ends as failed.
    private func open(_ sealed: [SealedClaim], _ key: DataKey, now: WallTime) async throws -> [ClaimedRecord] {
        var records: [ClaimedRecord] = []
        records.reserveCapacity(sealed.count)
        var altered: [Completion] = []
        for claim in sealed {
            do {
                records.append(try claim.opened(with: key))
            } catch let error as StoreError where error.code == .altered {
                altered.append(claim.unsendable(because: error, now: now))
            }
        }
        if !altered.isEmpty { _ = try await finish(altered) }
        return records
    }
}

extension SealedClaim {
    fileprivate func opened(with key: DataKey) throws -> ClaimedRecord {
        let plaintext = try key.open(payload, record: id.rawValue, column: .payload)
        let (recordID, rawRow) = try SealedPayload.read(plaintext)
        return ClaimedRecord(
            id: id, attempt: attempt, number: number, spentAttempts: spentAttempts, recordID: recordID, rawRow: rawRow,
            window: window)
    }

    fileprivate func unsent(now: WallTime) -> Completion {
        Completion(
            attempt: attempt, record: id, outcome: .unsent, cause: "commit", startedAt: now, finishedAt: now,
            next: .release, billable: .no)
    }

    fileprivate func unsendable(because error: StoreError, now: WallTime) -> Completion {
        Completion(
            attempt: attempt, record: id, outcome: .unsent, cause: "damaged", errorText: error.message, startedAt: now,
            finishedAt: now, next: .failed, billable: .no)
    }
}

/// The result of a claim.
package struct Claim: Sendable {
    /// The records to send, each with an open row in the ledger.
    package let records: [ClaimedRecord]
    /// The cap that kept the claim from taking more, although more was queued.
    package let cappedBy: Cap?
    /// When the earliest retry falls due; nil when none has a due time.
    package let nextReadyAt: WallTime?
    /// Whether nothing is queued and nothing under way: the batch can be completed.
    package let exhausted: Bool
    /// The batch's state; when it isn't running there are no records.
    package let state: BatchState
    /// Records that were put in doubt instead of being sent, because an identical one is in doubt.
    package let held: Int
    /// Records that got the answer of an identical one instead of being sent.
    package let reused: Int
    /// Records considered that needed no call, or none now.
    package let passed: Int
    /// What keeps this node from claiming until somebody does something about it; nil: nothing.
    package let obstacle: String?

    /// Describes what a claim brought.
    package init(
        records: [ClaimedRecord], cappedBy: Cap? = nil, nextReadyAt: WallTime? = nil, exhausted: Bool = false,
        state: BatchState = .running, held: Int = 0, reused: Int = 0, passed: Int? = nil,
        obstacle: String? = nil
    ) {
        self.records = records
        self.cappedBy = cappedBy
        self.nextReadyAt = nextReadyAt
        self.exhausted = exhausted
        self.state = state
        self.held = held
        self.reused = reused
        self.passed = passed ?? held + reused
        self.obstacle = obstacle
    }
}

/// A record taken off the queue, with the intent to send it already in the ledger.
package struct ClaimedRecord: Sendable {
    package let id: RecordID
    /// The ledger's row for this try.
    package let attempt: AttemptID
    /// Which try this is, from 1, over all of the record's rows in the ledger.
    package let number: Int
    /// Attempts that the record has spent before this one.
    package let spentAttempts: Int
    /// The record's own id as the file gives it, UTF-8; empty when it has none.
    package let recordID: [UInt8]
    /// The row as it stood in the file.
    package let rawRow: [UInt8]
    /// When its call may leave, as one of several runners; nil: at once.
    package let window: SendingWindow?

    /// Describes a claimed record.
    package init(
        id: RecordID, attempt: AttemptID, number: Int, spentAttempts: Int, recordID: [UInt8], rawRow: [UInt8],
        window: SendingWindow? = nil
    ) {
        self.id = id
        self.attempt = attempt
        self.number = number
        self.spentAttempts = spentAttempts
        self.recordID = recordID
        self.rawRow = rawRow
        self.window = window
    }
}

/// The parameters of a claim.
struct ClaimRequest: Sendable {
    let batch: BatchID
    var count: Int
    let now: WallTime
    /// Retries due by this time are ready.
    let dueBy: WallTime
    let caps: CallCaps
    let key: DataKey
    let keys: StoreKeys
    /// The re-run whose records alone may be taken; nil: any that wait.
    var rerun: RerunNumber?
    /// Whether the runner has yet to read an answer.
    var awaitsProof = false
}

/// The result of a claim, still sealed.
struct ClaimResult: Sendable {
    var records: [SealedClaim] = []
    var cappedBy: Cap?
    var nextReadyAt: WallTime?
    var exhausted = false
    var state = BatchState.running
    var held = 0
    var reused = 0
    /// Records considered that needed no call, or none now.
    var passed = 0
    /// What became of the transaction.
    var standing: CommitStanding?
    /// What keeps the node from claiming until somebody does something about it.
    var obstacle: String?
}

/// A claimed record as the writing thread returns it; the caller's thread opens it.
struct SealedClaim: Sendable {
    let id: RecordID
    let attempt: AttemptID
    let number: Int
    let spentAttempts: Int
    let payload: [UInt8]
    /// When its call may leave; nil: at once.
    let window: SendingWindow?
}
