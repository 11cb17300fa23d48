import Basics

/// The node that runs a batch, on whose machine its files and results are.
extension RecordStore {
    /// Takes a batch up as one of several runners: no other one claims records of it from then on. Nothing happens where
    /// there is one runner only.
    ///
    /// - Parameter batch: The batch.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notAllowed`` when a node that lives has it; what one had that is not
    ///   heard of any more is taken over.
    package func takeUp(_ batch: BatchID) async throws {
        guard let node else { return }
        try await write { connection in
            guard try connection.isTakenUp(batch, besides: node) else {
                return try connection.database.execute(
                    sql: "UPDATE batches SET home_node = ? WHERE id = ?", arguments: [node.number, batch.rawValue])
            }
            throw try connection.takenUp(batch)
        }
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
                AND (is_daemon = 1 OR batch_id = batches.id))
            FROM batches JOIN nodes ON nodes.id = home_node
            """
        return try await read { [runnerName] database in
            try StoredRow.fetchAll(database, sql: sql).reduce(into: [:]) { homes, row in
                let name: String = row[1]
                homes[BatchID(rawValue: row[0])] = BatchHome(
                    node: name, host: row[2], isElsewhere: name != runnerName, isRunning: row[3])
            }
        }
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
}

extension WriterConnection {
    /// Whether another node runs a batch, and lives.
    fileprivate func isTakenUp(_ batch: BatchID, besides node: Node) throws -> Bool {
        let sql = """
            SELECT count(*) FROM batches JOIN nodes ON nodes.id = home_node
            WHERE batches.id = ? AND home_node <> ? AND nodes.state <> 'retired' AND lease_until_us >= \(DatabaseClock.now)
            """
        return try Int.fetchOne(database, sql: sql, arguments: [batch.rawValue, node.number]) != 0
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
            .notAllowed,
            "Batch \(name) is run by node \(node) on \(host): continue it there; when that node has ended, any other can "
                + "take the batch up")
    }
}
