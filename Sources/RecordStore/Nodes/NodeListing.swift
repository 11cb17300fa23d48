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
    /// How many months' keys were destroyed of which it has not said yet that it has no copy any more.
    package let keysLeft: Int
    /// Whether its journal was reconciled with the server that answers now; as long as one was not, no node claims.
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

extension NodeView {
    /// Whether a row of `nodes` is that of a node whose journal was reconciled with the server that answers now.
    static let hasAnswered = """
        server_id = (pg_control_system()).system_identifier
          AND timeline = CAST(('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)) AS bit(32))::bigint
        """
}

extension RecordStore {
    /// All nodes that share the database; nil where it is a file, which has one runner.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func nodesIfShared() async throws -> [NodeView]? {
        database is PostgreSQLDatabase ? try await nodes() : nil
    }

    /// All nodes that ever ran on the database, in the order of their names.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notOffered`` where there is one runner only, or when the database
    ///   can't be read.
    package func nodes() async throws -> [NodeView] {
        guard database is PostgreSQLDatabase else { throw StoreError.oneRunnerOnly }
        let sql = """
            SELECT name, state, lease_until_us >= \(DatabaseClock.now), host, pid, version, started_at,
              (SELECT count(*) FROM attempts WHERE node_id = nodes.id AND outcome IS NULL),
              (SELECT count(*) FROM period_keys WHERE period_keys.state = 'destroyed' AND NOT EXISTS (
                SELECT 1 FROM destroyed_copies WHERE node_id = nodes.id AND period_key_id = period_keys.id)),
              \(NodeView.hasAnswered)
            FROM nodes ORDER BY name
            """
        return try await read { database in
            try StoredRow.fetchAll(database, sql: sql).map { row in
                NodeView(
                    name: row[0], standing: try NodeStanding(column: row[1]), isAlive: row[2], host: row[3],
                    process: row[4], version: row[5], startedAt: row[6], openCalls: row[7], keysLeft: row[8],
                    hasAnswered: row[9])
            }
        }
    }

    /// Lets a node end what it has in hand and claim nothing more.
    ///
    /// - Parameters:
    ///   - name: The node's name.
    ///   - action: Who decided, recorded in the same transaction.
    /// - Returns: Whether that changed anything.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notFound`` when there is no such node.
    package func drain(_ name: String, noting action: Action) async throws -> Bool {
        guard isAtServer else { throw StoreError.oneRunnerOnly }
        return try await write { connection in
            guard try connection.mayBecome(.draining, name) else { return false }
            try connection.set(name, to: .draining)
            try connection.insert(action)
            return true
        }
    }

    /// Takes a node for gone for good, in one transaction: its open calls are in doubt, nobody waits for its journal after a
    /// failover, and what it had not finished goes to another node, where one is named, which sends the rest and writes the
    /// results. What it had claimed of its folders stays on its machine, unless folders are shared.
    ///
    /// - Parameters:
    ///   - name: The node's name; it may have been retired before.
    ///   - other: The node that goes on; nil: none.
    ///   - action: Who decided, recorded with it.
    /// - Returns: What changed.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notFound`` when there is no such node, and
    ///   ``StoreErrorCode/notAllowed`` when the first is alive, or the other is retired.
    package func retire(
        _ name: String, givingBatchesTo other: String?, noting action: Action
    ) async throws -> Retirement {
        guard isAtServer else { throw StoreError.oneRunnerOnly }
        let keys = try await keysOfOpenCalls(of: name)
        let (hasChanged, inDoubt, untold, batches) = try await write {
            [sharesFolders] connection -> (Bool, Int, [BatchID]?, MovedBatches) in
            let hasChanged = try connection.mayBecome(.retired, name)
            // A server that took over does not know what this node had sent last, and nobody else does.
            let isUntold = try hasChanged && connection.nodesToReconcile().contains(name)
            if hasChanged { try connection.set(name, to: .retired) }
            let inDoubt = hasChanged ? try connection.doubtOpenCalls(of: name, keys) : 0
            let untold = isUntold ? try connection.haltUntoldBatches(of: name) : nil
            let batches =
                try other.map { try connection.moveBatches(ofNode: name, to: $0, withFiles: sharesFolders) }
                ?? MovedBatches()
            if hasChanged || other != nil { try connection.insert(action) }
            return (hasChanged, inDoubt, untold, batches)
        }
        var (moved, cancelled, halted) = ([Batch](), [Batch](), [Batch]())
        for id in untold ?? [] where !batches.cancelled.contains(id) { halted.append(try await batch(id)) }
        for id in batches.moved { moved.append(try await batch(id)) }
        for id in batches.cancelled { cancelled.append(try await batch(id)) }
        return Retirement(
            hasChanged: hasChanged, isUntold: untold != nil, inDoubt: inDoubt, moved: moved, cancelled: cancelled,
            halted: halted)
    }

    /// The keys of the batches of which a node has calls under way; without a sealing key none, and then it is not said why
    /// a line is in doubt.
    private func keysOfOpenCalls(of name: String) async throws -> [BatchID: DataKey] {
        let sql = """
            SELECT DISTINCT record_id >> 32 FROM attempts JOIN nodes ON nodes.id = node_id
            WHERE outcome IS NULL AND nodes.name = ?
            """
        let batches = try await read {
            try Int64.fetchAll($0, sql: sql, arguments: [name]).map(BatchID.init(rawValue:))
        }
        return await BlockingWork.run {
            guard self.keys.isSealingKeyAvailable else { return [:] }
            return batches.reduce(into: [:]) { $0[$1] = keyForDetail(of: $1) }
        }
    }
}

/// What became of a node that was retired, and of its batches.
package struct Retirement: Sendable {
    /// Whether it was not retired before.
    package let hasChanged: Bool
    /// Whether it never told the server that took over what it had sent last.
    package let isUntold: Bool
    /// How many calls are in doubt by it.
    package let inDoubt: Int
    /// The batches with which another node goes on.
    package let moved: [Batch]
    /// Those whose file had not been read to its end, which are cancelled: only the retired node's machine has the file.
    package let cancelled: [Batch]
    /// Those of which the node may have sent lines that the server which took over knows nothing of.
    package let halted: [Batch]
}

extension WriterConnection {
    fileprivate func set(_ node: String, to standing: NodeStanding) throws {
        try database.execute(
            sql: "UPDATE nodes SET state = ? WHERE name = ?", arguments: [standing.rawValue, node])
    }

    /// Whether a node is to become something else than it is; what was retired stays so.
    fileprivate func mayBecome(_ standing: NodeStanding, _ name: String) throws -> Bool {
        let row = try StoredRow.fetchOne(
            database, sql: "SELECT state, lease_until_us >= \(DatabaseClock.now) FROM nodes WHERE name = ?",
            arguments: [name])
        guard let row else { throw StoreError(.notFound, "There is no node \(name); nodes lists them") }
        let known = try NodeStanding(column: row[0])
        guard known != standing, known != .retired else { return false }
        guard standing != .retired || !(row[1] as Bool) else {
            throw StoreError(.notAllowed, "Node \(name) is alive: end it first, or drain it; then retire it")
        }
        return true
    }

    /// Halts the batches that may be those of a node which never told the server that took over what it had sent: all but those
    /// of nodes that live and have. Whose they are may be lost, too; lines that wait there may have been sent, and so may those
    /// of a file that another node took in since, before anybody called. Of its own that were not read to their end all further
    /// lines begin in doubt. Ids of attempts that the server had lost are not given again, so that no late end of one is taken
    /// for another's.
    ///
    /// - Returns: The batches.
    fileprivate func haltUntoldBatches(of name: String) throws -> [BatchID] {
        let reason =
            "node \(name) was retired and never told the database server that took over what it had sent last: lines that wait "
            + "here may have been sent; ask the provider before you resume it"
        let halted = try Int64.fetchAll(
            database,
            sql: """
                UPDATE batches SET state = CASE WHEN ingested = 1 THEN 'halted' ELSE 'paused' END, reason = ?1, resume_at = NULL,
                  doubted_lines = doubted_lines + CASE WHEN ingested = 0
                    AND coalesce(home_node = (SELECT id FROM nodes WHERE name = ?2), true) THEN ?3 ELSE 0 END
                WHERE finished_at IS NULL
                  AND (home_node IS NULL OR home_node NOT IN (
                    SELECT id FROM nodes WHERE state <> 'retired' AND lease_until_us >= \(DatabaseClock.now)
                      AND (\(NodeView.hasAnswered)))
                    OR calls = 0 AND created_at >= (SELECT lease_until_us / 1000 FROM nodes WHERE name = ?2) - ?4)
                RETURNING id
                """, arguments: [reason, name, Self.mostLostAttempts, Self.longestAhead])
        try database.execute(
            sql: "UPDATE ledger_position SET last_attempt = last_attempt + ?", arguments: [Self.mostLostAttempts])
        return halted.map(BatchID.init(rawValue:)).sorted()
    }

    /// More attempts than a server can have lost: hours of a thousand calls a second.
    private static let mostLostAttempts: Int64 = 1 << 24
    /// A lease ends so many milliseconds after its server was lost at the most, with a minute for clocks that differ.
    private static let longestAhead = NodeLease.length.microseconds / 1000 + 60_000

    /// Puts in doubt what a node had under way.
    fileprivate func doubtOpenCalls(of name: String, _ keys: [BatchID: DataKey]) throws -> Int {
        let sql = """
            SELECT attempts.id, record_id, attempts.started_at, node_id FROM attempts JOIN nodes ON nodes.id = node_id
            WHERE outcome IS NULL AND nodes.name = ?
            """
        let orphans = try StoredRow.fetchAll(database, sql: sql, arguments: [name]).map {
            OrphanedAttempt($0, .deadNode)
        }
        return try finish(try orphans.map { try SealedCompletion($0.completion, key: keys[$0.record.batch]) })
    }
}

extension StoreError {
    /// SQLite has one runner.
    fileprivate static var oneRunnerOnly: StoreError {
        StoreError(.notOffered, "A database that is a file has one runner: several nodes share one on PostgreSQL")
    }
}
