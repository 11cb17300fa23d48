import GRDB

/// The statements that write what became of attempts.
struct FinishStatements {
    /// An answer that could not be read was billed and may be read later: a record still in doubt (?11) keeps it, and
    /// the status that guards it against the policy, unless another answer comes.
    private static let keepsAnswer = "?11 = 4 AND excluded.answer IS NULL AND answer IS NOT NULL"

    let openAttempt: PreparedStatement
    let closeAttempt: PreparedStatement
    let settleRecord: PreparedStatement
    let saveResult: PreparedStatement
    let queue: PreparedStatement
    let countDay: PreparedStatement
    let countLedgerDay: PreparedStatement
    let keepsAnswers: PreparedStatement
    let keepAnswer: PreparedStatement
    let countAnswers: PreparedStatement
    let remember: PreparedStatement
    let forget: PreparedStatement

    init(_ database: Database) throws {
        openAttempt = try PreparedStatement(
            database, "SELECT day FROM attempts WHERE record_id = ?1 AND id = ?2 AND outcome IS NULL")
        closeAttempt = try PreparedStatement(
            database,
            """
            UPDATE attempts SET finished_at = ?3, outcome = ?4, cause = ?5, billable = ?6, called = ?7,
              http_status = ?8, reason_code = ?9, correlation_id = ?10
            WHERE record_id = ?1 AND id = ?2 AND outcome IS NULL
            """)
        settleRecord = try PreparedStatement(
            database,
            """
            UPDATE records SET status = ?2, spent = spent + ?3, attempts = attempts + ?4,
              requeued = iif(?2 IN (0, 1), requeued, 0)
            WHERE id = ?1
            """)
        saveResult = try PreparedStatement(
            database,
            """
            INSERT INTO results (record_id, http_status, reason_code, correlation_id, request_ref_id,
              submitted_at, completed_at, flagged, detail, answer)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            ON CONFLICT (record_id) DO UPDATE SET
              http_status = iif(\(Self.keepsAnswer), http_status, excluded.http_status),
              reason_code = excluded.reason_code, correlation_id = excluded.correlation_id,
              request_ref_id = excluded.request_ref_id, submitted_at = excluded.submitted_at,
              completed_at = excluded.completed_at, flagged = excluded.flagged, reused_from = NULL,
              detail = iif(\(Self.keepsAnswer), detail, excluded.detail),
              answer = iif(\(Self.keepsAnswer), answer, excluded.answer)
            """)
        queue = try PreparedStatement(
            database, "INSERT INTO ready (batch_id, not_before, record_id) VALUES (?1, ?2, ?3)")
        countDay = try PreparedStatement(
            database,
            """
            UPDATE call_days SET calls = calls - ?2, billable = billable + ?3, charged = charged - ?4 WHERE day = ?1
            """)
        keepsAnswers = try PreparedStatement(database, "SELECT keeps_answers FROM batches WHERE id = ?1")
        keepAnswer = try PreparedStatement(
            database, "INSERT OR IGNORE INTO answers SELECT fingerprint, id FROM records WHERE id = ?1")
        countAnswers = try PreparedStatement(
            database, "UPDATE batches SET answers_known = answers_known + ?2 WHERE id = ?1")
        remember = try PreparedStatement(
            database,
            "INSERT INTO recent_answers VALUES (ifnull((SELECT max(up_to) FROM recent_answers), 0) + ?1, ?2)")
        forget = try PreparedStatement(
            database,
            """
            DELETE FROM recent_answers
            WHERE up_to <= (SELECT max(up_to) FROM recent_answers) - \(AnswerReference.remembered)
            """)
        countLedgerDay = try PreparedStatement(
            database,
            """
            UPDATE ledger_days SET calls = calls - ?3, billable = billable + ?4, unbilled = unbilled + ?5,
              billing_unknown = billing_unknown + ?6
            WHERE day = ?1 AND batch_id = ?2
            """)
    }
}
