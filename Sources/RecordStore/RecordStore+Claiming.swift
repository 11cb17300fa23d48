extension RecordStore {
    /// Takes records off a batch's queue: due retries first, then untried lines in input order.
    ///
    /// Their rows in the ledger are committed and the ledger's mark has moved before this returns; the caps are checked
    /// in the same transaction. A record whose request is identical to one unresolved in doubt is put in doubt itself,
    /// without a call, unless its own call may have been billed and it is repeated by decision; one identical to a record that was answered gets that answer, where the caps say so.
    ///
    /// - Parameters:
    ///   - batch: The batch; while it isn't running the claim brings no records and says so.
    ///   - count: The most records to take.
    ///   - now: Milliseconds since 1970 UTC, for the ledger.
    ///   - dueBy: Retries due by this time are ready, in milliseconds since 1970 UTC; nil: `now`. Apart from it where the
    ///     caller's retries don't follow a wall clock that is set.
    ///   - caps: Hard limits on calls.
    ///   - rerun: Only what this re-run of the batch queued; nil: whatever waits.
    ///   - completions: Attempts that ended, of any batch, to be written in the same transaction as by ``finish(_:)``;
    ///     where the claim fails, neither is written.
    /// - Returns: The records, and why there are no more.
    /// - Throws: ``StoreError``; ``StoreError/Code/stateNotWritten`` when the ledger can't be written,
    ///   ``StoreError/Code/diskFull`` at once where there is no room for it: see ``waitForRoom()``.
    public func claim(
        _ batch: BatchID, upTo count: Int, now: Int64, dueBy: Int64? = nil, caps: CallCaps,
        of rerun: RerunNumber? = nil, finishing completions: [Completion] = []
    ) async throws -> Claim {
        try requireRunning()
        try await announce(batch)
        let key = try dataKey(of: batch)
        let request = ClaimRequest(
            batch: batch, count: max(0, count), now: now, dueBy: dueBy ?? now, caps: caps, key: key,
            sealingKey: sealingKey, rerun: rerun)
        let sealed = try completions.map { try SealedCompletion($0, key: dataKey(of: $0.record.batch)) }
        // A claim that has waited would be out of date: its permits, its window and its day are those of now.
        let result = try await write(patience: .none) { connection in
            if !sealed.isEmpty {
                _ = try connection.finish(sealed)
                // The claim reads the counters.
                try connection.writeTally()
            }
            return try connection.claim(request)
        }
        let records = try await open(result.records, key, now: now)
        return Claim(
            records: records, cappedBy: result.cappedBy, nextReadyAt: result.nextReadyAt, exhausted: result.exhausted,
            state: result.state, held: result.held, reused: result.reused, passed: result.passed)
    }

    /// Opens what was claimed. A record that was altered in the file can't be sent, and ends as failed.
    private func open(_ sealed: [SealedClaim], _ key: DataKey, now: Int64) async throws -> [ClaimedRecord] {
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
            id: id, attempt: attempt, number: number, spentAttempts: spentAttempts, recordID: recordID, rawRow: rawRow)
    }

    fileprivate func unsendable(because error: StoreError, now: Int64) -> Completion {
        Completion(
            attempt: attempt, record: id, outcome: "unsent", cause: "damaged", errorText: error.message, startedAt: now,
            finishedAt: now, next: .failed, billable: .no)
    }
}
