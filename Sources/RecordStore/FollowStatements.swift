import GRDB

/// The statements on records that follow another.
struct FollowStatements {
    let any: PreparedStatement
    let count: PreparedStatement
    let settle: PreparedStatement
    let link: PreparedStatement
    let lead: PreparedStatement

    init(_ database: Database) throws {
        any = try PreparedStatement(
            database, "SELECT 1 FROM records INDEXED BY records_following WHERE follows = ?1 LIMIT 1")
        count = try PreparedStatement(
            database,
            """
            SELECT status, count(*) FROM records INDEXED BY records_following
            WHERE follows = ?1 AND status IN (0, 3, 4) AND status <> ?2 GROUP BY status
            """)
        settle = try PreparedStatement(
            database,
            """
            UPDATE records INDEXED BY records_following SET status = ?2, held = ?3, requeued = 0
            WHERE follows = ?1 AND status IN (0, 3, 4) AND status <> ?2
            """)
        link = try PreparedStatement(
            database,
            """
            UPDATE records SET follows = ?2, status = ?3, held = ?4, repeated = 1
            WHERE id = ?1 AND status = 0 AND follows IS NULL
            """)
        lead = try PreparedStatement(database, "UPDATE records SET repeated = 1 WHERE id = ?1 AND repeated = 0")
    }
}
