import GRDB

/// The statements on records that follow another.
struct FollowStatements {
    let any: HotStatement
    let count: HotStatement
    let settle: HotStatement
    let link: HotStatement
    let lead: HotStatement

    init(_ database: Database) throws {
        any = try HotStatement(
            database, "SELECT 1 FROM records INDEXED BY records_following WHERE follows = ?1 LIMIT 1")
        count = try HotStatement(
            database,
            """
            SELECT status, count(*) FROM records INDEXED BY records_following
            WHERE follows = ?1 AND status IN (0, 3, 4) AND status <> ?2 GROUP BY status
            """)
        settle = try HotStatement(
            database,
            """
            UPDATE records INDEXED BY records_following SET status = ?2, held = ?3, requeued = 0
            WHERE follows = ?1 AND status IN (0, 3, 4) AND status <> ?2
            """)
        link = try HotStatement(
            database,
            """
            UPDATE records SET follows = ?2, status = ?3, held = ?4, repeated = 1
            WHERE id = ?1 AND status = 0 AND follows IS NULL
            """)
        lead = try HotStatement(database, "UPDATE records SET repeated = 1 WHERE id = ?1 AND repeated = 0")
    }
}
