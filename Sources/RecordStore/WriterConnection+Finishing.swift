extension WriterConnection {
    /// Closes open attempts and settles their records. One that isn't open any more is left as it is and not counted.
    ///
    /// - Returns: How many completions were applied.
    func finish(_ completions: [SealedCompletion]) throws -> Int {
        let before = tally.applied
        var (cancelled, keeping) = ([BatchID: Bool](), [BatchID: Bool]())
        for sealed in completions {
            let completion = sealed.completion
            guard let day = try openDay(of: completion) else { continue }
            let status = try status(after: completion, &cancelled)
            try close(completion)
            try settle(completion, status)
            if status == .queued { try queue(completion) } else { try saveResult(sealed, status) }
            tally.add(completion, status: status, day: day)
            if let reference = sealed.reference { tally.add(reference) }
            guard status != .queued, status != .cancelled else { continue }
            if status == .succeeded { try keepAnswer(of: completion.record, &keeping) }
            let followers = try settleFollowers(of: completion.record.rawValue, as: status)
            if let followers { tally.add(followers, to: completion.record.batch) }
        }
        return tally.applied - before
    }

    /// Writes what the group's completions add to counters, before anything else reads these and before the commit.
    func writeTally() throws {
        guard tally.applied > 0 else { return }
        for (batch, counts) in tally.batches { try add(counts, to: batch) }
        for (batch, number) in tally.answers { try finishes.countAnswers.run(batch.rawValue, number) }
        for (place, change) in tally.days { try count(change, at: place) }
        try remember(tally.references)
        tally = FinishTally()
    }

    /// Puts an answer where other batches find it, where the batch itself looks there.
    private func keepAnswer(of record: RecordID, _ keeping: inout [BatchID: Bool]) throws {
        let batch = record.batch
        let keeps = try keeping[batch] ?? (firstInteger(finishes.keepsAnswers, batch.rawValue) == 1)
        keeping[batch] = keeps
        guard keeps else { return }
        try finishes.keepAnswer.run(record.rawValue)
        if finishes.keepAnswer.changes == 1 { tally.addAnswer(of: batch) }
    }

    private func count(_ change: FinishTally.DayChange, at place: FinishTally.Place) throws {
        let day = finishes.countDay
        day.bind(change.unbilled, at: 4)
        try day.run(place.day, change.givenBack, change.billable)
        let ledger = finishes.countLedgerDay
        for (index, value) in [change.billable, change.unbilled, change.unknown].enumerated() {
            ledger.bind(value, at: Int32(index + 4))
        }
        try ledger.run(place.day, place.batch.rawValue, change.givenBack)
    }

    /// Keeps what is to be shown of a record that is in doubt without a call of its own.
    func saveResult(of record: Int64, detail: [UInt8], at time: Int64) throws {
        let statement = finishes.saveResult
        statement.bind(record, at: 1)
        for column in Int32(2)...6 { statement.bind(nil as Int64?, at: column) }
        statement.bind(time, at: 7)
        statement.bind(0, at: 8)
        statement.bind(copying: detail, at: 9)
        statement.bind(nil as Int64?, at: 10)
        statement.bind(RecordStatus.inDoubt.code, at: 11)
        try statement.run()
    }

    /// A record that would go back to the queue of a cancelled batch is cancelled with it, or goes back into the doubt of
    /// an earlier call.
    private func status(after completion: Completion, _ cancelled: inout [BatchID: Bool]) throws -> RecordStatus {
        let status = completion.next.status
        guard status == .queued else { return status }
        let batch = completion.record.batch
        let isCancelled = try cancelled[batch] ?? (batchRow(batch).state == .cancelled)
        cancelled[batch] = isCancelled
        guard isCancelled else { return .queued }
        return try firstInteger(claims.perhapsBilled, completion.record.rawValue) == nil ? .cancelled : .inDoubt
    }

    private func openDay(of completion: Completion) throws -> Int64? {
        let statement = finishes.openAttempt
        statement.bind(completion.record.rawValue, at: 1)
        statement.bind(completion.attempt.rawValue, at: 2)
        return try firstInteger(statement)
    }

    private func close(_ completion: Completion) throws {
        let statement = finishes.closeAttempt
        statement.bind(completion.record.rawValue, at: 1)
        statement.bind(completion.attempt.rawValue, at: 2)
        statement.bind(completion.finishedAt, at: 3)
        statement.bind(completion.outcome, at: 4)
        statement.bind(completion.cause, at: 5)
        statement.bind(completion.billable.code, at: 6)
        statement.bind(completion.countsAsCall ? 1 : 0, at: 7)
        statement.bind(completion.httpStatus.map(Int64.init), at: 8)
        statement.bind(completion.reasonCode, at: 9)
        statement.bind(completion.correlationID, at: 10)
        try statement.run()
    }

    private func settle(_ completion: Completion, _ status: RecordStatus) throws {
        let statement = finishes.settleRecord
        statement.bind(completion.record.rawValue, at: 1)
        statement.bind(status.code, at: 2)
        // An attempt that never left is none: it is neither spent nor shown.
        statement.bind(completion.next.spendsAttempt && completion.countsAsCall ? 1 : 0, at: 3)
        statement.bind(completion.countsAsCall ? 1 : 0, at: 4)
        try statement.run()
    }

    private func queue(_ completion: Completion) throws {
        let notBefore = completion.next.notBefore ?? 0
        try finishes.queue.run(completion.record.batch.rawValue, notBefore, completion.record.rawValue)
    }

    private func saveResult(_ sealed: SealedCompletion, _ status: RecordStatus) throws {
        guard let answer = sealed.answer else { return try saveResult(sealed.completion, status, sealed.detail, nil) }
        try answer.withUnsafeBytes { try saveResult(sealed.completion, status, sealed.detail, $0) }
    }

    private func saveResult(
        _ completion: Completion, _ status: RecordStatus, _ detail: [UInt8]?, _ answer: UnsafeRawBufferPointer?
    ) throws {
        let statement = finishes.saveResult
        statement.bind(completion.record.rawValue, at: 1)
        statement.bind(completion.httpStatus.map(Int64.init), at: 2)
        statement.bind(completion.reasonCode, at: 3)
        statement.bind(completion.correlationID, at: 4)
        statement.bind(completion.requestRefID, at: 5)
        statement.bind(completion.startedAt, at: 6)
        statement.bind(completion.finishedAt, at: 7)
        statement.bind(completion.hasWarnings ? 1 : 0, at: 8)
        statement.bind(copying: detail, at: 9)
        if let answer { statement.bind(unowned: answer, at: 10) } else { statement.bind(nil as Int64?, at: 10) }
        statement.bind(status.code, at: 11)
        try statement.run()
    }
}
