import Basics

/// The node that runs a batch, on whose machine its files and results are.
extension RecordStore {
    /// Takes a batch up as one of several runners: no other one claims records of it from then on. Nothing happens where
    /// there is one runner only.
    ///
    /// - Parameter batch: The batch.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/takenUp`` when a node that lives has it; what one had that is not
    ///   heard of any more is taken over.
    package func takeUp(_ batch: BatchID) async throws {
        guard let runnerName else { return }
        try await write { [sharesFolders, node] connection in
            guard try !connection.isTakenUp(batch, besides: runnerName) else { throw try connection.takenUp(batch) }
            if let node { try connection.refuseUntold(homeOf: batch, to: node) }
            try connection.setHome(of: batch, to: runnerName)
            if sharesFolders { try connection.setHolder(ofFileOf: batch, to: runnerName) }
        }
    }

    /// The part of a condition by which rows of several nodes are limited to this one's, and its parameter.
    var own: (condition: String, arguments: SQLArguments) {
        guard let runnerName else { return ("", []) }
        return ("AND node_id = (SELECT id FROM nodes WHERE name = ?)", [runnerName])
    }

    /// Likewise for batches: those that no node has taken up are everybody's.
    var ownBatches: (condition: String, arguments: SQLArguments) {
        guard let runnerName else { return ("", []) }
        return ("AND (home_node IS NULL OR home_node = (SELECT id FROM nodes WHERE name = ?))", [runnerName])
    }
}

extension RecordStore {
    /// Which nodes have taken batches up: all, by the batch; none where there is one runner only.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func homes() async throws -> [BatchID: BatchHome] {
        guard database is PostgreSQLDatabase else { return [:] }
        let sql = """
            SELECT batches.id, nodes.name, nodes.host, lease_until_us >= \(DatabaseClock.now) AND EXISTS (
              SELECT 1 FROM runner WHERE only_row = nodes.id AND runner.pid = nodes.pid
                AND (is_daemon = 1 OR batch_id = batches.id)), nodes.state = 'retired',
              lease_until_us >= \(DatabaseClock.now)
            FROM batches JOIN nodes ON nodes.id = home_node
            """
        return try await read { [runnerName, sharesFolders] database in
            try StoredRow.fetchAll(database, sql: sql).reduce(into: [:]) { homes, row in
                let name: String = row[1]
                homes[BatchID(rawValue: row[0])] = BatchHome(
                    node: name, host: row[2], isElsewhere: name != runnerName, isRunning: row[3],
                    isLost: row[4], isAlive: row[5], areFoldersShared: sharesFolders)
            }
        }
    }
}

/// What moved from one node to another.
struct MovedBatches: Sendable {
    var moved: [BatchID] = []
    /// Cancelled, because their file was not read to its end.
    var cancelled: [BatchID] = []
}

extension WriterConnection {
    /// Gives what a retired node had not finished to another node, where folders are shared with its files and due times.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notFound`` when there is no such node, and
    ///   ``StoreErrorCode/notAllowed`` when the first is not retired, or the other is.
    func moveBatches(
        ofNode name: String, to other: String, withFiles areFoldersShared: Bool
    ) throws -> MovedBatches {
        let number = try number(ofNode: name, isRetired: true)
        let target = try self.number(ofNode: other, isRetired: false)
        let sql = """
            UPDATE batches SET home_node = ? WHERE home_node = ?
              AND (finished_at IS NULL OR results_for IS DISTINCT FROM finished_at)
            RETURNING id, \(areFoldersShared ? EndedNodes.canBeTakenOver : "ingested = 1")
            """
        let rows = try StoredRow.fetchAll(database, sql: sql, arguments: [target, number])
        if areFoldersShared {
            for table in ["claimed_files", "schedule_runs"] {
                try database.execute(
                    sql: "UPDATE \(table) SET node_id = ? WHERE node_id = ?", arguments: [target, number])
            }
        } else {
            try database.execute(sql: "DELETE FROM claimed_files WHERE node_id = ?", arguments: [number])
        }
        let reason = "its file had not been read to its end when node \(name) was lost"
        var batches = MovedBatches()
        for row in rows {
            let id = BatchID(rawValue: row[0])
            if row[1] {
                batches.moved.append(id)
            } else {
                _ = try move(id, from: [.ingesting, .paused], to: .cancelled, reason: reason)
                batches.cancelled.append(id)
            }
        }
        (batches.moved, batches.cancelled) = (batches.moved.sorted(), batches.cancelled.sorted())
        return batches
    }
}

extension WriterConnection {
    fileprivate func number(ofNode name: String, isRetired: Bool) throws -> Int64 {
        let row = try StoredRow.fetchOne(
            database, sql: "SELECT id, state FROM nodes WHERE name = ?", arguments: [name])
        guard let row else { throw StoreError(.notFound, "There is no node \(name); nodes lists them") }
        guard (row[1] == NodeStanding.retired.rawValue) == isRetired else {
            throw StoreError(
                .notAllowed,
                isRetired
                    ? "Node \(name) is not retired, and keeps its batches" : "Node \(name) is retired: name another")
        }
        return row[0]
    }
}

/// The node that has taken a batch up.
package struct BatchHome: Sendable, Equatable {
    /// Its name.
    package let node: String
    /// The machine it ran on last.
    package let host: String
    /// Whether it is another one than this installation.
    package let isElsewhere: Bool
    /// Whether it lives, and works on the batch.
    package let isRunning: Bool
    /// Whether it was retired: nobody reaches its files any more.
    package let isLost: Bool

    /// Whether it was heard of in time.
    package var isAlive = false
    /// Whether all nodes share their folders, so that this installation reaches the batch's files wherever it runs.
    package var areFoldersShared = false

    /// Whether the batch's files are looked after by another node: they are on its machine, or it lives and shares them.
    package var keepsFilesElsewhere: Bool { isElsewhere && !isLost && (isAlive || !areFoldersShared) }

    /// Whether this installation reaches the batch's files.
    package var hasFilesHere: Bool { !isElsewhere || areFoldersShared }
}

extension WriterConnection {
    /// Makes a batch the node's of that name, where there are several; one that has never run has none.
    func setHome(of batch: BatchID, to node: String?) throws {
        guard let node else { return }
        try database.execute(
            sql: "UPDATE batches SET home_node = (SELECT id FROM nodes WHERE name = ?) WHERE id = ?",
            arguments: [node, batch.rawValue])
    }

    /// Makes the file that a batch was made from the node's of that name, too.
    fileprivate func setHolder(ofFileOf batch: BatchID, to node: String) throws {
        try database.execute(
            sql: "UPDATE claimed_files SET node_id = (SELECT id FROM nodes WHERE name = ?) WHERE batch_id = ?",
            arguments: [node, batch.rawValue])
    }

    /// Whether another node runs a batch, and lives.
    fileprivate func isTakenUp(_ batch: BatchID, besides node: String) throws -> Bool {
        let sql = """
            SELECT count(*) FROM batches JOIN nodes ON nodes.id = home_node
            WHERE batches.id = ? AND nodes.name <> ? AND nodes.state <> 'retired' AND lease_until_us >= \(DatabaseClock.now)
            """
        return try Int.fetchOne(database, sql: sql, arguments: [batch.rawValue, node]) != 0
    }

    /// Refuses to go on with a batch of a node that ended and never told the server which took over what it had sent of it.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/takenUp``.
    fileprivate func refuseUntold(homeOf batch: BatchID, to node: Node) throws {
        guard !node.description.wantsStandby else { return }
        let sql = """
            SELECT batches.name, nodes.name FROM batches JOIN nodes ON nodes.id = home_node
            WHERE batches.id = ?1 AND nodes.id <> ?2 AND nodes.state <> 'retired'
            """
        let row = try StoredRow.fetchOne(database, sql: sql, arguments: [batch.rawValue, node.number])
        guard let row, try nodesToReconcile().contains(row[1]) else { return }
        let (name, home): (String, String) = (row[0], row[1])
        throw StoreError(
            .takenUp,
            "Batch \(name) is node \(home)'s, which has not told the database server that took over what it had sent: start that "
                + "node, or retire it first")
    }

    /// That another node runs a batch.
    func takenUp(_ batch: BatchID) throws -> StoreError {
        let sql = """
            SELECT batches.name, nodes.name, nodes.host FROM batches JOIN nodes ON nodes.id = home_node WHERE batches.id = ?
            """
        let row = try StoredRow.fetchOne(database, sql: sql, arguments: [batch.rawValue])
        guard let row else { return StoreError.noBatch(batch) }
        let (name, node, host): (String, String, String) = (row[0], row[1], row[2])
        return StoreError(
            .takenUp,
            "Batch \(name) is run by node \(node) on \(host): continue it there; when that node has ended, any other can "
                + "take the batch up")
    }
}
