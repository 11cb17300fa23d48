import GRDB

extension RecordStore {
    /// Puts the answers of all batches where identical requests find them, as far as they are not there yet. To be
    /// called before answers of earlier batches are looked for: batches that look there themselves add their own as they
    /// come, those of any other are added here, once nothing runs of it.
    ///
    /// Work is done in steps, so that other writes come between them.
    ///
    /// - Throws: ``StoreError`` when they can't be read or written.
    public func learnAnswers() async throws {
        for batch in try read({ try WriterConnection.batchesWithUnknownAnswers($0, alsoRunning: false) }) {
            var step = AnswerStep(after: batch.records.lowerBound - 1)
            while !step.isLast {
                let next = step
                step = try await write { try $0.learnAnswers(of: batch, next) }
            }
        }
    }
}

/// How far a batch's answers have been gone through.
struct AnswerStep: Sendable {
    static let recordsAtATime: Int64 = 100_000

    var after: Int64
    var known: Int64 = 0
    var isLast = false
}

extension WriterConnection {
    /// Batches with answers that identical requests would not find.
    static func batchesWithUnknownAnswers(_ database: Database, alsoRunning: Bool) throws -> [BatchID] {
        let sql = """
            SELECT id FROM batches WHERE answers_known < succeeded AND (?1 OR state <> 'running') ORDER BY id
            """
        return try Int64.fetchAll(database, sql: sql, arguments: [alsoRunning]).map(BatchID.init(rawValue:))
    }

    /// All of them at once, also those of batches that run.
    func learnAnswers() throws {
        for batch in try Self.batchesWithUnknownAnswers(database, alsoRunning: true) {
            var step = AnswerStep(after: batch.records.lowerBound - 1)
            while !step.isLast { step = try learnAnswers(of: batch, step) }
        }
    }

    /// The next step through a batch. Sorted, so that each page of the table is written once and not at random.
    func learnAnswers(of batch: BatchID, _ step: AnswerStep) throws -> AnswerStep {
        let part = """
            SELECT fingerprint, id FROM records WHERE id > ?1 AND id <= ?2 AND status = 2
            UNION ALL SELECT fingerprint, id FROM archived_records WHERE id > ?1 AND id <= ?2 AND status = 2
            ORDER BY id LIMIT ?3
            """
        let arguments: StatementArguments = [step.after, batch.records.upperBound, AnswerStep.recordsAtATime]
        try database.execute(
            sql: "INSERT OR IGNORE INTO answers SELECT fingerprint, id FROM (\(part)) ORDER BY fingerprint",
            arguments: arguments)
        let row = try Row.fetchOne(database, sql: "SELECT count(*), max(id) FROM (\(part))", arguments: arguments)
        var next = step
        let count: Int64 = row?[0] ?? 0
        next.known += count
        next.after = row?[1] ?? step.after
        next.isLast = count < AnswerStep.recordsAtATime
        if next.isLast {
            try database.execute(
                sql: "UPDATE batches SET answers_known = min(?2, succeeded) WHERE id = ?1",
                arguments: [batch.rawValue, next.known])
        }
        return next
    }
}
