import GRDB

/// The statements that take records off the queue.
struct ClaimStatements {
    let due: HotStatement
    let dueOfRerun: HotStatement
    let untried: HotStatement
    let removeReady: HotStatement
    let nextReady: HotStatement
    let nextReadyOfRerun: HotStatement
    let anyInDoubt: HotStatement
    let identicalInDoubt: HotStatement
    let perhapsBilled: HotStatement
    let putInFlight: HotStatement
    let hold: HotStatement
    let openAttempt: HotStatement
    let lastAttempt: HotStatement
    let setLastAttempt: HotStatement
    let callsOfDay: HotStatement
    let addCalls: HotStatement
    let addLedgerDay: HotStatement
    let chargedOfMonth: HotStatement
    let identicalAnswered: HotStatement
    let identicalRepeated: HotStatement
    let underWay: HotStatement
    let keepAnswers: HotStatement
    let reuse: HotStatement
    let saveReused: HotStatement

    init(_ database: Database) throws {
        due = try HotStatement(database, Self.due())
        dueOfRerun = try HotStatement(database, Self.due(and: "requeued = ?4"))
        untried = try HotStatement(
            database,
            """
            SELECT id, spent, attempts, fingerprint, payload, 0, NULL, 0 FROM records
            WHERE id > ?1 AND id <= ?2 AND status = 0 AND follows IS NULL AND requeued = 0 ORDER BY id LIMIT ?3
            """)
        removeReady = try HotStatement(
            database, "DELETE FROM ready WHERE batch_id = ?1 AND not_before = ?2 AND record_id = ?3")
        nextReady = try HotStatement(
            database,
            """
            SELECT not_before FROM ready WHERE batch_id = ?1 AND not_before < \(NextStep.behindAll)
            ORDER BY not_before LIMIT 1
            """)
        nextReadyOfRerun = try HotStatement(
            database,
            """
            SELECT not_before FROM ready CROSS JOIN records ON records.id = record_id
            WHERE batch_id = ?1 AND requeued = ?2 AND not_before < \(NextStep.behindAll) ORDER BY not_before LIMIT 1
            """)
        anyInDoubt = try HotStatement(
            database, "SELECT 1 FROM records INDEXED BY records_in_doubt WHERE status = 4 AND held = 0 LIMIT 1")
        identicalInDoubt = try HotStatement(
            database,
            """
            SELECT 1 FROM records INDEXED BY records_in_doubt
            WHERE fingerprint = ?1 AND status = 4 AND held = 0 LIMIT 1
            """)
        perhapsBilled = try HotStatement(
            database, "SELECT 1 FROM attempts WHERE record_id = ?1 AND billable <> 0 LIMIT 1")
        putInFlight = try HotStatement(database, "UPDATE records SET status = 1 WHERE id = ?1 AND status = 0")
        hold = try HotStatement(
            database, "UPDATE records SET status = 4, held = 1, requeued = 0 WHERE id = ?1 AND status = 0")
        openAttempt = try HotStatement(
            database, "INSERT INTO attempts (record_id, id, number, day, started_at) VALUES (?1, ?2, ?3, ?4, ?5)")
        lastAttempt = try HotStatement(database, "SELECT last_attempt FROM ledger_position")
        setLastAttempt = try HotStatement(database, "UPDATE ledger_position SET last_attempt = ?1")
        callsOfDay = try HotStatement(database, "SELECT calls FROM call_days WHERE day = ?1")
        addCalls = try HotStatement(
            database,
            """
            INSERT INTO call_days (day, calls, charged) VALUES (?1, ?2, ?2)
            ON CONFLICT (day) DO UPDATE SET calls = calls + excluded.calls, charged = charged + excluded.charged
            """)
        addLedgerDay = try HotStatement(
            database,
            """
            INSERT INTO ledger_days (day, batch_id, attempts, calls) VALUES (?1, ?2, ?3, ?3)
            ON CONFLICT (day, batch_id) DO UPDATE SET attempts = attempts + ?3, calls = calls + ?3
            """)
        chargedOfMonth = try HotStatement(
            database, "SELECT sum(charged) FROM call_days WHERE day BETWEEN ?1 AND ?2")
        identicalAnswered = try HotStatement(
            database,
            """
            SELECT answers.record_id, \(AnswerPlace.columns)
            FROM \(AnswerPlace.tables)
            WHERE answers.fingerprint = ?1 AND \(AnswerPlace.serves(since: "?2"))
            ORDER BY answers.record_id DESC
            """)
        identicalRepeated = try HotStatement(
            database,
            """
            SELECT records.id, http_status, correlation_id, request_ref_id, submitted_at, completed_at, flagged, detail,
              answer, status
            FROM records INDEXED BY records_repeated LEFT JOIN results ON record_id = records.id
            WHERE fingerprint = ?1 AND repeated = 1 AND follows IS NULL AND status IN (1, 2, 6)
              AND records.id BETWEEN ?2 AND ?3
            ORDER BY status DESC
            """)
        keepAnswers = try HotStatement(
            database, "UPDATE batches SET keeps_answers = 1 WHERE id = ?1 AND keeps_answers = 0")
        underWay = try HotStatement(
            database,
            """
            SELECT fingerprint, record_id FROM attempts INDEXED BY one_open_attempt CROSS JOIN records ON records.id = record_id
            WHERE outcome IS NULL AND record_id NOT BETWEEN ?1 AND ?2
            """)
        reuse = try HotStatement(
            database, "UPDATE records SET status = 6, requeued = 0 WHERE id = ?1 AND status = 0")
        saveReused = try HotStatement(
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
