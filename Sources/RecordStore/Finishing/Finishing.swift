import Basics

extension RecordStore {
    /// Records how attempts ended and what becomes of their records, each exactly once.
    ///
    /// Answers and error texts are sealed on the caller's thread. An attempt that was finished before is left as it
    /// is, except one put in doubt because its node was not heard of or a server had lost it: its late end is still taken.
    ///
    /// - Parameter completions: How the attempts ended.
    /// - Returns: How many were applied; fewer than given means that some were no longer open.
    /// - Throws: ``StoreError``; ``StoreErrorCode/stateNotWritten`` when it can't be written, and nothing was. On a
    ///   full disk it waits for space longer than any other operation: ``stopWaitingForRoom(exceptForEndsOfCalls:)``.
    package func finish(_ completions: [Completion]) async throws -> Int {
        try requireRunning()
        let sealed = try await seal(completions)
        let (count, failures) = try await keeping(sealed) {
            try await tellingServer { isTold in
                try await write(leavingCountersToTheGroup: true, patience: .toTheLast) {
                    (try $0.finish(sealed, refusingLost: !isTold), try $0.countFailures(sealed))
                }
            }
        }
        if let failures { self.failures.withLock { $0 = failures } }
        node?.disown(completions.map(\.attempt))
        return count
    }

    /// Seals completions on the caller's thread.
    func seal(_ completions: [Completion]) async throws -> [SealedCompletion] {
        var sealed: [SealedCompletion] = []
        sealed.reserveCapacity(completions.count)
        for completion in completions {
            let own = node?.key(of: completion.attempt)
            let key = if let own { own } else { try await dataKey(of: completion.record.batch) }
            sealed.append(try SealedCompletion(completion, key: key))
        }
        return sealed
    }
}

/// A completion whose personal parts were sealed on the caller's thread.
struct SealedCompletion: Sendable {
    let completion: Completion
    let detail: [UInt8]?
    let answer: [UInt8]?
    /// The reference its answer is remembered by; nil when it has no answer that counts.
    let reference: AnswerReference?

    /// Takes what is sealed already.
    init(_ completion: Completion, detail: [UInt8]?, answer: [UInt8]?) {
        (self.completion, self.detail, self.answer) = (completion, detail, answer)
        reference = completion.next == .succeeded ? completion.requestRefID.map(AnswerReference.init) : nil
    }

    /// Seals with the batch's key; nil when the key was destroyed: then nothing personal can be kept.
    init(_ completion: Completion, key: DataKey?) throws {
        let record = completion.record.rawValue
        detail = try completion.errorText.flatMap { try key?.seal(Array($0.utf8), record: record, column: .detail) }
        answer = try completion.answer.flatMap { try key?.seal($0, record: record, column: .answer) }
        reference = completion.next == .succeeded ? completion.requestRefID.map(AnswerReference.init) : nil
        var bare = completion
        bare.errorText = nil
        bare.answer = nil
        bare.httpStatus = completion.httpStatus.flatMap { (100...999).contains($0) ? $0 : nil }
        bare.reasonCode = PlainToken.code(completion.reasonCode)
        bare.correlationID = PlainToken.only(completion.correlationID)
        bare.requestRefID = PlainToken.only(completion.requestRefID)
        self.completion = bare
    }
}

extension SealedCompletion {
    /// Whether it settles a record that is queued again, so that nothing more is sent for it: it was answered for good, or an
    /// answer was paid for that is kept, or too large.
    fileprivate var settlesItsRecord: Bool {
        switch completion.next {
        case .succeeded: true
        case .failed: completion.outcome == .rejected
        case .inDoubt: answer != nil || completion.billable == .yes
        case .retry, .last, .release: false
        }
    }
}

extension WriterConnection {
    /// Closes open attempts and settles their records. One that was finished before is left as it is and not counted; see
    /// ``reopened(_:_:)`` for ends that come late.
    ///
    /// - Parameters:
    ///   - completions: How they ended.
    ///   - refusesLost: Whether nothing is done where the ledger lacks a call of this process.
    /// - Returns: How many completions were applied.
    /// - Throws: ``CallsLostByServer``.
    func finish(_ completions: [SealedCompletion], refusingLost refusesLost: Bool = false) throws -> Int {
        let before = counters.applied
        for start in stride(from: 0, to: completions.count, by: RowsStatement.most) {
            try finishAll(
                completions[start..<min(start + RowsStatement.most, completions.count)], refusingLost: refusesLost)
        }
        return counters.applied - before
    }

    private func finishAll(_ completions: ArraySlice<SealedCompletion>, refusingLost refusesLost: Bool) throws {
        var settled: [(record: RecordID, status: RecordStatus)] = []
        settled.reserveCapacity(completions.count)
        for (sealed, day) in zip(completions, try openDays(of: completions)) {
            let completion = sealed.completion
            var isLate = false
            guard let day = try day ?? reopened(sealed, &isLate) else {
                if refusesLost, try isLost(completion) { throw CallsLostByServer() }
                try enterBilling(of: completion)
                continue
            }
            let status = try status(after: completion)
            try close(completion)
            try settle(completion, status)
            if status == .queued { try queue(completion) } else { try saveResult(sealed, status) }
            counters.add(completion, status: status, day: day, isLate: isLate)
            if let reference = sealed.reference { counters.add(reference) }
            // A cancelled batch has cancelled what followed, unless that was in doubt with its leader.
            if status != .queued, status != .cancelled || isLate { settled.append((completion.record, status)) }
        }
        try writeEnds()
        for (record, status) in settled where status == .succeeded {
            let isNew = try keepAnswer(of: record, in: rowInGroup(of: record.batch))
            if isNew { counters.addAnswer(of: record.batch) }
        }
        let leads = try haveFollowers(settled.map(\.record.rawValue))
        for (settled, leads) in zip(settled, leads) where leads {
            let followers = try settleFollowers(of: settled.record.rawValue, as: settled.status)
            if let followers { counters.add(followers, to: settled.record.batch) }
        }
    }

    /// Writes the ends of attempts before anything reads them: a result's row is written by its record's new status.
    private func writeEnds() throws {
        try finishes.closeAttempt.flush()
        try finishes.settleRecord.flush()
        try finishes.saveResult.flush()
    }

    /// Adds an answer where other batches find it, if its own batch looks there.
    ///
    /// - Returns: Whether it is a new one there.
    func keepAnswer(of record: RecordID, in batch: BatchRow) throws -> Bool {
        guard batch.keepsAnswers else { return false }
        try finishes.keepAnswer.run(record.rawValue)
        return finishes.keepAnswer.changes == 1
    }

    /// Stores what is shown of a record that is in doubt without a call of its own.
    func saveResult(of record: Int64, detail: [UInt8], at time: WallTime) throws {
        let statement = finishes.saveResult.row
        statement.bind(record, at: 1)
        for column in Int32(2)...6 { statement.bind(nil as Int64?, at: column) }
        statement.bind(time, at: 7)
        statement.bind(0, at: 8)
        statement.bind(copying: detail, at: 9)
        statement.bind(nil as Int64?, at: 10)
        try finishes.saveResult.run()
    }

    /// A record that would return to the queue of a cancelled batch is cancelled with it; one of a batch that was completed
    /// before its end was told has failed: who wants it sent runs it again. Either returns to the doubt of an earlier call.
    private func status(after completion: Completion) throws -> RecordStatus {
        let status = completion.next.status
        let state = try status == .queued ? rowInGroup(of: completion.record.batch).state : .running
        guard state == .cancelled || state == .completed else { return status }
        guard try firstInteger(identical.perhapsBilled, completion.record.rawValue) == nil else { return .inDoubt }
        return state == .cancelled ? .cancelled : .failed
    }

    /// The days of the attempts that are open; nil for one that is not, or stands before in the list.
    private func openDays(of completions: ArraySlice<SealedCompletion>) throws -> [CallDay?] {
        let records = completions.map(\.completion.record.rawValue)
        let attempts = completions.map(\.completion.attempt.rawValue)
        // A record has one open attempt.
        var seen = Set<Int64>(minimumCapacity: records.count)
        return zip(records, try finishes.openAttempt.integers(for: records, attempts)).map { record, day in
            guard let day, seen.insert(record).inserted else { return nil }
            return CallDay(rawValue: day)
        }
    }

    /// Opens an attempt again that was put in doubt because its node was not heard of in time, or the server had lost it,
    /// when the node tells its end after all: an answer is taken as long as no later attempt of the record was made, and
    /// nobody has settled it. One that waits to be sent again is not sent any more.
    ///
    /// - Returns: The attempt's day; nil where it stays as it is.
    private func reopened(_ sealed: SealedCompletion, _ isLate: inout Bool) throws -> CallDay? {
        guard node != nil else { return nil }
        let completion = sealed.completion
        let (record, attempt) = (completion.record.rawValue, completion.attempt.rawValue)
        let found = try StoredRow.fetchOne(
            database,
            sql: """
                SELECT day, records.status FROM attempts JOIN records ON records.id = record_id
                WHERE record_id = ?1 AND attempts.id = ?2 AND outcome = 'in_doubt' AND cause IN (?3, ?4) AND billable = 2
                  AND attempts.id = (SELECT max(id) FROM attempts WHERE record_id = ?1)
                  AND (records.status = 4 AND held = 0 OR records.status = 0 AND follows IS NULL AND ?5 = 1
                    AND EXISTS (SELECT 1 FROM ready WHERE ready.record_id = ?1))
                """,
            arguments: [
                record, attempt, OrphanedAttempt.lostLease, OrphanedAttempt.lostByServer, sealed.settlesItsRecord,
            ])
        guard let found else { return nil }
        isLate = true
        if try RecordStatus(code: found[1]) == .queued {
            try database.execute(sql: "DELETE FROM ready WHERE record_id = ?", arguments: [record])
            var counts = BatchCounts()
            counts.move(from: .queued, to: .inDoubt)
            counters.add(counts, to: completion.record.batch)
        }
        try database.execute(
            sql: """
                UPDATE attempts SET outcome = NULL, finished_at = NULL, cause = NULL, billable = NULL
                WHERE record_id = ? AND id = ?
                """, arguments: [record, attempt])
        try database.execute(
            sql: """
                UPDATE records SET status = 1, attempts = attempts - 1, spent = CASE WHEN spent > 0 THEN spent - 1 ELSE 0 END
                WHERE id = ?
                """, arguments: [record])
        try haveResultsWrittenAnew(of: completion.record.batch)
        return CallDay(rawValue: found[0])
    }

    /// Enters in the ledger what is known after all of a call that was put in doubt, as in ``reopened(_:_:)``, when its record
    /// was sent again or decided about meanwhile: that it was billed, or was not. What became of the record stays.
    private func enterBilling(of completion: Completion) throws {
        guard node != nil, completion.billable != .unknown else { return }
        for table in ["attempts", "archived_attempts"] {
            guard let day = try enterBilling(of: completion, in: table) else { continue }
            counters.addBilling(of: completion, day: day)
            if !completion.countsAsCall { try takeBackAttempt(of: completion.record) }
            try haveResultsWrittenAnew(of: completion.record.batch)
        }
    }

    /// An attempt that never left is neither shown nor spent.
    private func takeBackAttempt(of record: RecordID) throws {
        try database.execute(
            sql: """
                UPDATE records SET attempts = attempts - 1, spent = CASE WHEN spent > 0 THEN spent - 1 ELSE 0 END
                WHERE id = ? AND attempts > 0
                """, arguments: [record.rawValue])
    }

    /// - Returns: The day on which it is counted; nil where the table has no such attempt.
    private func enterBilling(of completion: Completion, in table: String) throws -> CallDay? {
        try Int64.fetchOne(
            database,
            sql: """
                UPDATE \(table) SET billable = ?5, called = ?6, http_status = ?7, reason_code = ?8, correlation_id = ?9
                WHERE record_id = ?1 AND id = ?2 AND outcome = 'in_doubt' AND cause IN (?3, ?4) AND billable = 2
                RETURNING day
                """,
            arguments: [
                completion.record.rawValue, completion.attempt.rawValue, OrphanedAttempt.lostLease,
                OrphanedAttempt.lostByServer, completion.billable.code, completion.countsAsCall ? 1 : 0,
                completion.httpStatus, completion.reasonCode, completion.correlationID,
            ]
        ).map(CallDay.init(rawValue:))
    }

    /// Has whoever has written a batch's results write them again, unless they were erased since, or its key was.
    private func haveResultsWrittenAnew(of batch: BatchID) throws {
        try database.execute(
            sql: """
                UPDATE batches SET results_for = NULL
                WHERE id = ? AND payloads_purged_at IS NULL AND EXISTS (SELECT 1 FROM batch_keys WHERE batch_id = batches.id)
                """, arguments: [batch.rawValue])
    }

    private func close(_ completion: Completion) throws {
        let statement = finishes.closeAttempt.row
        statement.bind(completion.record.rawValue, at: 1)
        statement.bind(completion.attempt.rawValue, at: 2)
        statement.bind(completion.finishedAt, at: 3)
        statement.bind(completion.outcome.rawValue, at: 4)
        statement.bind(completion.cause, at: 5)
        statement.bind(completion.billable.code, at: 6)
        statement.bind(completion.countsAsCall ? 1 : 0, at: 7)
        statement.bind(completion.httpStatus.map(Int64.init), at: 8)
        statement.bind(completion.reasonCode, at: 9)
        statement.bind(completion.correlationID, at: 10)
        try finishes.closeAttempt.add()
    }

    private func settle(_ completion: Completion, _ status: RecordStatus) throws {
        let statement = finishes.settleRecord.row
        statement.bind(completion.record.rawValue, at: 1)
        statement.bind(status.code, at: 2)
        // An attempt that never left does not count: it is neither spent nor shown.
        statement.bind(completion.next.spendsAttempt && completion.countsAsCall ? 1 : 0, at: 3)
        statement.bind(completion.countsAsCall ? 1 : 0, at: 4)
        try finishes.settleRecord.add()
    }

    private func queue(_ completion: Completion) throws {
        let notBefore = completion.next.notBefore ?? NextStep.atOnce
        try finishes.queue.run(completion.record.batch.rawValue, notBefore.milliseconds, completion.record.rawValue)
    }

    private func saveResult(_ sealed: SealedCompletion, _ status: RecordStatus) throws {
        guard let answer = sealed.answer else { return try saveResult(sealed.completion, status, sealed.detail, nil) }
        try answer.withUnsafeBytes { try saveResult(sealed.completion, status, sealed.detail, $0) }
    }

    private func saveResult(
        _ completion: Completion, _ status: RecordStatus, _ detail: [UInt8]?, _ answer: UnsafeRawBufferPointer?
    ) throws {
        let statement = finishes.saveResult.row
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
        try finishes.saveResult.add()
    }
}

/// The statements that record how attempts ended.
struct FinishStatements {
    /// An answer that could not be read was billed and may be deciphered later: a record still in doubt keeps it, and the
    /// status that protects it from the policy, unless another answer comes.
    private static let keepsAnswer = """
        excluded.answer IS NULL AND results.answer IS NOT NULL
        AND (SELECT status FROM records WHERE id = excluded.record_id) = 4
        """

    let openAttempt: RowsStatement
    let closeAttempt: RowsStatement
    let settleRecord: RowsStatement
    let saveResult: RowsStatement
    let queue: PreparedStatement
    let keepAnswer: PreparedStatement
    let remember: PreparedStatement
    let forget: PreparedStatement

    init(_ database: StoreConnection) throws {
        // An open one has no end either (`attempts_end`). Asked for its outcome, PostgreSQL reads the whole index of open
        // attempts, with all that were closed since the oldest transaction began.
        openAttempt = try RowsStatement(
            database, "SELECT day FROM attempts WHERE record_id = ?1 AND id = ?2 AND finished_at IS NULL",
            [.integer, .integer])
        closeAttempt = try RowsStatement(
            database,
            """
            UPDATE attempts SET finished_at = ?3, outcome = ?4, cause = ?5, billable = ?6, called = ?7,
              http_status = ?8, reason_code = ?9, correlation_id = ?10
            WHERE record_id = ?1 AND id = ?2 AND finished_at IS NULL
            """, [.integer, .integer, .integer, .text, .text, .integer, .integer, .integer, .text, .text])
        settleRecord = try RowsStatement(
            database,
            """
            UPDATE records SET status = ?2, spent = spent + ?3, attempts = attempts + ?4,
              requeued = CASE WHEN ?2 IN (0, 1) THEN requeued ELSE 0 END
            WHERE id = ?1
            """, [.integer, .integer, .integer, .integer])
        saveResult = try RowsStatement(
            database,
            """
            INSERT INTO results (record_id, http_status, reason_code, correlation_id, request_ref_id,
              submitted_at, completed_at, flagged, detail, answer)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            ON CONFLICT (record_id) DO UPDATE SET
              http_status = CASE WHEN \(Self.keepsAnswer) THEN results.http_status ELSE excluded.http_status END,
              reason_code = excluded.reason_code, correlation_id = excluded.correlation_id,
              request_ref_id = excluded.request_ref_id, submitted_at = excluded.submitted_at,
              completed_at = excluded.completed_at, flagged = excluded.flagged, reused_from = NULL,
              detail = CASE WHEN \(Self.keepsAnswer) THEN results.detail ELSE excluded.detail END,
              answer = CASE WHEN \(Self.keepsAnswer) THEN results.answer ELSE excluded.answer END
            """,
            [.integer, .integer, .text, .text, .text, .integer, .integer, .integer, .bytes, .bytes])
        queue = try database.prepare("INSERT INTO ready (batch_id, not_before, record_id) VALUES (?1, ?2, ?3)")
        keepAnswer = try database.prepare(
            """
            INSERT INTO answers (fingerprint, record_id) SELECT fingerprint, id FROM records WHERE id = ?1
            ON CONFLICT DO NOTHING
            """)
        remember = try database.prepare(
            """
            INSERT INTO recent_answers (up_to, refs)
            VALUES (coalesce((SELECT max(up_to) FROM recent_answers), 0) + ?1, ?2)
            """)
        forget = try database.prepare(
            """
            DELETE FROM recent_answers
            WHERE up_to <= (SELECT max(up_to) FROM recent_answers) - \(AnswerReference.remembered)
            """)
    }
}
