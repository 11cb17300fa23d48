package import Basics

/// One of several runners on a database, as operators see it.
package struct NodeView: Sendable, Equatable {
    /// Its name.
    package let name: String
    /// What operators made of it.
    package let standing: NodeStanding
    /// Whether it has been heard of in time.
    package let isAlive: Bool
    /// The machine it ran on last.
    package let host: String
    /// Its process there.
    package let process: Int64
    /// Rollcall's version there.
    package let version: String
    /// When it started last.
    package let startedAt: WallTime
    /// Calls of it that have not ended.
    package let openCalls: Int
    /// Whether it has answered for the server that answers now; as long as one has not, no node claims.
    package let hasAnswered: Bool
}

/// What operators made of a node.
package enum NodeStanding: String, Sendable, CaseIterable, Codable {
    /// It claims.
    case live
    /// It ends what it has in hand and claims nothing more, until it is started again.
    case draining
    /// It is gone for good: nothing is waited for that only it could tell.
    case retired
}

extension RecordStore {
    /// All nodes that ever ran on the database, in the order of their names.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notOffered`` where there is one runner only, or when the database
    ///   can't be read.
    package func nodes() async throws -> [NodeView] {
        guard database is PostgreSQLDatabase else { throw StoreError.oneRunnerOnly }
        let sql = """
            SELECT name, state, lease_until_us >= \(DatabaseClock.now), host, pid, version, started_at,
              (SELECT count(*) FROM attempts WHERE node_id = nodes.id AND outcome IS NULL),
              server_id = (pg_control_system()).system_identifier
                AND timeline = CAST(('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)) AS bit(32))::bigint
            FROM nodes ORDER BY name
            """
        return try await read { database in
            try StoredRow.fetchAll(database, sql: sql).map { row in
                NodeView(
                    name: row[0], standing: try NodeStanding(column: row[1]), isAlive: row[2], host: row[3],
                    process: row[4], version: row[5], startedAt: row[6], openCalls: row[7], hasAnswered: row[8])
            }
        }
    }

    /// Lets a node end what it has in hand and claim nothing more, or takes it for gone for good: then its open calls are in
    /// doubt, and nobody waits for its journal after a failover.
    ///
    /// - Parameters:
    ///   - name: The node's name.
    ///   - standing: What becomes of it.
    ///   - action: Who decided, recorded in the same transaction.
    /// - Returns: Whether anything changed.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notFound`` when there is no such node, and
    ///   ``StoreErrorCode/notAllowed`` when one is to be retired that is alive.
    package func setNode(_ name: String, to standing: NodeStanding, noting action: Action) async throws -> Bool {
        guard database is PostgreSQLDatabase else { throw StoreError.oneRunnerOnly }
        return try await write { connection in
            let row = try StoredRow.fetchOne(
                connection.database,
                sql: "SELECT state, lease_until_us >= \(DatabaseClock.now) FROM nodes WHERE name = ?",
                arguments: [name])
            guard let row else { throw StoreError(.notFound, "There is no node \(name); nodes lists them") }
            let known = try NodeStanding(column: row[0])
            guard known != standing, known != .retired else { return false }
            guard standing != .retired || !(row[1] as Bool) else {
                throw StoreError(.notAllowed, "Node \(name) is alive: end it first, or drain it; then retire it")
            }
            try connection.database.execute(
                sql: "UPDATE nodes SET state = ? WHERE name = ?", arguments: [standing.rawValue, name])
            try connection.insert(action)
            return true
        }
    }
}

extension StoreError {
    /// SQLite has one runner.
    fileprivate static var oneRunnerOnly: StoreError {
        StoreError(.notOffered, "A database that is a file has one runner: several nodes share one on PostgreSQL")
    }
}
