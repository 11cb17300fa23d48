import GRDB

/// The statements that take records off the queue.
struct ClaimStatements {
    let due: HotStatement
    let untried: HotStatement
    let removeReady: HotStatement
    let nextReady: HotStatement
    let anyInDoubt: HotStatement
    let identicalInDoubt: HotStatement
    let putInFlight: HotStatement
    let hold: HotStatement
    let openAttempt: HotStatement
    let lastAttempt: HotStatement
    let setLastAttempt: HotStatement
    let callsOfDay: HotStatement
    let addCalls: HotStatement

    init(_ database: Database) throws {
        due = try HotStatement(
            database,
            """
            SELECT records.id, spent, attempts, fingerprint, payload,
              (SELECT count(*) FROM attempts WHERE record_id = records.id), not_before
            FROM ready CROSS JOIN records ON records.id = record_id
            WHERE batch_id = ?1 AND not_before <= ?2 ORDER BY not_before, record_id LIMIT ?3
            """)
        untried = try HotStatement(
            database,
            """
            SELECT id, spent, attempts, fingerprint, payload, 0, NULL FROM records
            WHERE id > ?1 AND id <= ?2 AND status = 0 ORDER BY id LIMIT ?3
            """)
        removeReady = try HotStatement(
            database, "DELETE FROM ready WHERE batch_id = ?1 AND not_before = ?2 AND record_id = ?3")
        nextReady = try HotStatement(
            database, "SELECT not_before FROM ready WHERE batch_id = ?1 ORDER BY not_before LIMIT 1")
        anyInDoubt = try HotStatement(
            database, "SELECT 1 FROM records INDEXED BY records_in_doubt WHERE status = 4 AND held = 0 LIMIT 1")
        identicalInDoubt = try HotStatement(
            database,
            """
            SELECT 1 FROM records INDEXED BY records_in_doubt
            WHERE fingerprint = ?1 AND status = 4 AND held = 0 LIMIT 1
            """)
        putInFlight = try HotStatement(database, "UPDATE records SET status = 1 WHERE id = ?1 AND status = 0")
        hold = try HotStatement(database, "UPDATE records SET status = 4, held = 1 WHERE id = ?1 AND status = 0")
        openAttempt = try HotStatement(
            database, "INSERT INTO attempts (record_id, id, number, day, started_at) VALUES (?1, ?2, ?3, ?4, ?5)")
        lastAttempt = try HotStatement(database, "SELECT last_attempt FROM ledger_position")
        setLastAttempt = try HotStatement(database, "UPDATE ledger_position SET last_attempt = ?1")
        callsOfDay = try HotStatement(database, "SELECT calls FROM call_days WHERE day = ?1")
        addCalls = try HotStatement(
            database,
            """
            INSERT INTO call_days (day, calls) VALUES (?1, ?2)
            ON CONFLICT (day) DO UPDATE SET calls = calls + excluded.calls
            """)
    }
}
