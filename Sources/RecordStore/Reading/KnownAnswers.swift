extension RecordStore {
    /// Makes the answers of all batches findable for identical requests, as far as they are not yet. Call it before
    /// answers of earlier batches are looked up: each time a batch starts or resumes, because others may have been
    /// answered meanwhile. From then on unfinished batches add their own answers as they come.
    ///
    /// The work is done in steps, so that other writes can come between them.
    ///
    /// - Throws: ``StoreError`` when they can't be read or written.
    package func learnAnswers() async throws {
        if try await read({ try WriterConnection.anyKeepsNoAnswers($0) }) {
            try await write { try $0.keepAnswersFromNowOn() }
        }
        for batch in try await read({ try WriterConnection.batchesWithUnknownAnswers($0) }) {
            var step = AnswerStep(after: batch.records.lowerBound - 1)
            while !step.isLast {
                let next = step
                step = try await write { try $0.learnAnswers(of: batch, next) }
            }
        }
    }
}

/// How far a batch's answers have been processed.
struct AnswerStep: Sendable {
    /// Records that one transaction processes; other writes come between the transactions.
    static let recordsAtATime: Int64 = 100_000

    /// The last record processed.
    var after: Int64
    /// Answers found so far.
    var known: Int64 = 0
    var isLast = false
}

extension WriterConnection {
    /// Batches with answers that identical requests would not find.
    static func batchesWithUnknownAnswers(_ database: StoreConnection) throws -> [BatchID] {
        let sql = "SELECT id FROM batches WHERE answers_known < succeeded ORDER BY id"
        return try Int64.fetchAll(database, sql: sql).map(BatchID.init(rawValue:))
    }

    private static let unfinished = "batches INDEXED BY batches_unfinished WHERE finished_at IS NULL"

    /// Whether an unfinished batch looks for answers, so that a new one must add its own, too: an SQL expression.
    static let answersAreWanted =
        "(SELECT CASE WHEN count(*) > 0 THEN 1 ELSE 0 END FROM \(unfinished) AND keeps_answers = 1)"

    /// Whether a batch may still get answers and would not add them where others find them.
    static func anyKeepsNoAnswers(_ database: StoreConnection) throws -> Bool {
        try Bool.fetchOne(database, sql: "SELECT count(*) > 0 FROM \(unfinished) AND keeps_answers = 0") ?? false
    }

    /// Makes all unfinished batches add their answers where others find them.
    func keepAnswersFromNowOn() throws {
        try database.execute(
            sql: "UPDATE batches SET keeps_answers = 1 WHERE finished_at IS NULL AND keeps_answers = 0")
    }

    /// All of them at once.
    func learnAnswers() throws {
        for batch in try Self.batchesWithUnknownAnswers(database) {
            var step = AnswerStep(after: batch.records.lowerBound - 1)
            while !step.isLast { step = try learnAnswers(of: batch, step) }
        }
    }

    /// The next step through a batch. Sorted, so that each page of the table is written once and not in random order.
    func learnAnswers(of batch: BatchID, _ step: AnswerStep) throws -> AnswerStep {
        let part = """
            SELECT fingerprint, id FROM records WHERE id > ?1 AND id <= ?2 AND status = 2
            UNION ALL SELECT fingerprint, id FROM archived_records WHERE id > ?1 AND id <= ?2 AND status = 2
            ORDER BY id LIMIT ?3
            """
        let arguments: SQLArguments = [step.after, batch.records.upperBound, AnswerStep.recordsAtATime]
        try database.execute(
            sql: """
                INSERT INTO answers (fingerprint, record_id)
                SELECT fingerprint, id FROM (\(part)) AS part WHERE true ORDER BY fingerprint ON CONFLICT DO NOTHING
                """,
            arguments: arguments)
        let row = try StoredRow.fetchOne(
            database, sql: "SELECT count(*), max(id) FROM (\(part)) AS part", arguments: arguments)
        var next = step
        let count: Int64 = row?[0] ?? 0
        next.known += count
        next.after = row?[1] ?? step.after
        next.isLast = count < AnswerStep.recordsAtATime
        if next.isLast {
            // This includes what a batch that adds its answers got meanwhile.
            let known = "CASE WHEN keeps_answers = 1 OR succeeded < ?2 THEN succeeded ELSE ?2 END"
            try database.execute(
                sql: "UPDATE batches SET answers_known = \(known) WHERE id = ?1",
                arguments: [batch.rawValue, next.known])
        }
        return next
    }
}
