import GRDB

/// The statements that take records off the queue.
struct ClaimStatements {
    let due: PreparedStatement
    let dueOfRerun: PreparedStatement
    let untried: PreparedStatement
    let removeReady: PreparedStatement
    let nextReady: PreparedStatement
    let nextReadyOfRerun: PreparedStatement
    let anyInDoubt: PreparedStatement
    let identicalInDoubt: PreparedStatement
    let perhapsBilled: PreparedStatement
    let putInFlight: PreparedStatement
    let hold: PreparedStatement
    let openAttempt: PreparedStatement
    let lastAttempt: PreparedStatement
    let setLastAttempt: PreparedStatement
    let callsOfDay: PreparedStatement
    let addCalls: PreparedStatement
    let addLedgerDay: PreparedStatement
    let chargedOfMonth: PreparedStatement
    let identicalAnswered: PreparedStatement
    let identicalRepeated: PreparedStatement
    let underWay: PreparedStatement
    let keepAnswers: PreparedStatement
    let reuse: PreparedStatement
    let saveReused: PreparedStatement

    init(_ database: Database) throws {
        due = try PreparedStatement(database, Self.due())
        dueOfRerun = try PreparedStatement(database, Self.due(and: "requeued = ?4"))
        untried = try PreparedStatement(
            database,
            """
            SELECT id, spent, attempts, fingerprint, payload, 0, NULL, 0 FROM records
            WHERE id > ?1 AND id <= ?2 AND status = 0 AND follows IS NULL AND requeued = 0 ORDER BY id LIMIT ?3
            """)
        removeReady = try PreparedStatement(
            database, "DELETE FROM ready WHERE batch_id = ?1 AND not_before = ?2 AND record_id = ?3")
        nextReady = try PreparedStatement(
            database,
            """
            SELECT not_before FROM ready WHERE batch_id = ?1 AND not_before < \(NextStep.behindAll)
            ORDER BY not_before LIMIT 1
            """)
        nextReadyOfRerun = try PreparedStatement(
            database,
            """
            SELECT not_before FROM ready CROSS JOIN records ON records.id = record_id
            WHERE batch_id = ?1 AND requeued = ?2 AND not_before < \(NextStep.behindAll) ORDER BY not_before LIMIT 1
            """)
        anyInDoubt = try PreparedStatement(
            database, "SELECT 1 FROM records INDEXED BY records_in_doubt WHERE status = 4 AND held = 0 LIMIT 1")
        identicalInDoubt = try PreparedStatement(
            database,
            """
            SELECT 1 FROM records INDEXED BY records_in_doubt
            WHERE fingerprint = ?1 AND status = 4 AND held = 0 LIMIT 1
            """)
        perhapsBilled = try PreparedStatement(
            database, "SELECT 1 FROM attempts WHERE record_id = ?1 AND billable <> 0 LIMIT 1")
        putInFlight = try PreparedStatement(database, "UPDATE records SET status = 1 WHERE id = ?1 AND status = 0")
        hold = try PreparedStatement(
            database, "UPDATE records SET status = 4, held = 1, requeued = 0 WHERE id = ?1 AND status = 0")
        openAttempt = try PreparedStatement(
            database, "INSERT INTO attempts (record_id, id, number, day, started_at) VALUES (?1, ?2, ?3, ?4, ?5)")
        lastAttempt = try PreparedStatement(database, "SELECT last_attempt FROM ledger_position")
        setLastAttempt = try PreparedStatement(database, "UPDATE ledger_position SET last_attempt = ?1")
        callsOfDay = try PreparedStatement(database, "SELECT calls FROM call_days WHERE day = ?1")
        addCalls = try PreparedStatement(
            database,
            """
            INSERT INTO call_days (day, calls, charged) VALUES (?1, ?2, ?2)
            ON CONFLICT (day) DO UPDATE SET calls = calls + excluded.calls, charged = charged + excluded.charged
            """)
        addLedgerDay = try PreparedStatement(
            database,
            """
            INSERT INTO ledger_days (day, batch_id, attempts, calls) VALUES (?1, ?2, ?3, ?3)
            ON CONFLICT (day, batch_id) DO UPDATE SET attempts = attempts + ?3, calls = calls + ?3
            """)
        chargedOfMonth = try PreparedStatement(
            database, "SELECT sum(charged) FROM call_days WHERE day BETWEEN ?1 AND ?2")
        identicalAnswered = try PreparedStatement(
            database,
            """
            SELECT answers.record_id, \(AnswerTables.columns)
            FROM \(AnswerTables.tables)
            WHERE answers.fingerprint = ?1 AND \(AnswerTables.serves(since: "?2"))
            ORDER BY answers.record_id DESC
            """)
        identicalRepeated = try PreparedStatement(
            database,
            """
            SELECT records.id, http_status, correlation_id, request_ref_id, submitted_at, completed_at, flagged, detail,
              answer, status
            FROM records INDEXED BY records_repeated LEFT JOIN results ON record_id = records.id
            WHERE fingerprint = ?1 AND repeated = 1 AND follows IS NULL AND status IN (1, 2, 6)
              AND records.id BETWEEN ?2 AND ?3
            ORDER BY status DESC
            """)
        keepAnswers = try PreparedStatement(
            database, "UPDATE batches SET keeps_answers = 1 WHERE id = ?1 AND keeps_answers = 0")
        underWay = try PreparedStatement(
            database,
            """
            SELECT fingerprint, record_id FROM attempts INDEXED BY one_open_attempt CROSS JOIN records ON records.id = record_id
            WHERE outcome IS NULL AND record_id NOT BETWEEN ?1 AND ?2
            """)
        reuse = try PreparedStatement(
            database, "UPDATE records SET status = 6, requeued = 0 WHERE id = ?1 AND status = 0")
        saveReused = try PreparedStatement(
            database,
            """
            INSERT OR REPLACE INTO results (record_id, http_status, correlation_id, request_ref_id, submitted_at,
              completed_at, flagged, detail, answer, reused_from)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            """)
    }
    /// Records whose time has come, with a further condition.
    private static func due(and condition: String = "1") -> String {
        """
        SELECT records.id, spent, attempts, fingerprint, payload,
          (SELECT count(*) FROM attempts WHERE record_id = records.id), not_before, repeated
        FROM ready CROSS JOIN records ON records.id = record_id
        WHERE batch_id = ?1 AND not_before <= ?2 AND \(condition) ORDER BY not_before, record_id LIMIT ?3
        """
    }
}
