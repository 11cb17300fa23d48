import Basics

/// What a node took over from others that had ended.
package struct TakenOver: Sendable, Equatable {
    /// The nodes that had it.
    package internal(set) var nodes: [String] = []
    /// Batches that are not over, or whose results are not written.
    package internal(set) var batches: [BatchID] = []
    /// The jobs of whose files some had been claimed.
    package internal(set) var jobs: Set<String> = []

    /// Whether there was nothing.
    package var isEmpty: Bool { batches.isEmpty && jobs.isEmpty }
}

extension RecordStore {
    /// The number by which this node is known to others that share its folders; nil where none do.
    package var numberInSharedFolders: Int64? { sharesFolders ? node?.number : nil }
}

/// Where folders are shared: what a node had not finished is another's from when its lease has ended, however it ended.
extension RecordStore {
    /// Takes over all batches and files of nodes that have ended. Nothing is taken over until a beat has put
    /// their calls under way in doubt.
    ///
    /// - Returns: What this node has now and did not have before; nothing where folders are not shared.
    /// - Throws: ``StoreError`` when it can't be written.
    package func takeOverFromEndedNodes() async throws -> TakenOver {
        guard sharesFolders, let node else { return TakenOver() }
        let ended = try await read { try EndedNodes.withWork($0, besides: node) }
        guard !ended.isEmpty else { return TakenOver() }
        return try await write { try $0.takeOver(as: node) }
    }
}

/// The nodes from which others may take over.
enum EndedNodes {
    /// Whether a row of `nodes` is that of a node that has ended.
    static let hasEnded = "(nodes.state = 'retired' OR nodes.lease_until_us < \(DatabaseClock.now))"
    /// Whether it is, and none of its calls is under way, nor can have been lost by a server that it never told of them.
    private static func isSettled(to node: Node) -> String {
        """
        nodes.id <> ?1 AND \(hasEnded)
          AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.node_id = nodes.id AND outcome IS NULL)
          \(node.description.wantsStandby ? "" : "AND (nodes.state = 'retired' OR (\(NodeView.hasAnswered)))")
        """
    }
    /// Their numbers; the first parameter is that of the node that asks.
    static func settled(to node: Node) -> String { "SELECT nodes.id FROM nodes WHERE \(isSettled(to: node))" }
    /// Whether a row of `batches` is that of one that another node can go on with: a file that a command reads, from
    /// wherever it lies, is read to its end by the same command.
    static let canBeTakenOver = """
        (finished_at IS NULL OR results_for IS DISTINCT FROM finished_at)
          AND (ingested = 1 OR EXISTS (SELECT 1 FROM claimed_files WHERE batch_id = batches.id))
        """

    /// The names of those that have something to be taken over.
    ///
    /// - Throws: The engine's error.
    static func withWork(_ database: StoreConnection, besides node: Node) throws -> [String] {
        let sql = """
            SELECT name FROM nodes WHERE \(isSettled(to: node)) AND (
              EXISTS (SELECT 1 FROM claimed_files WHERE claimed_files.node_id = nodes.id)
              OR EXISTS (SELECT 1 FROM batches WHERE home_node = nodes.id AND \(canBeTakenOver)))
            ORDER BY name
            """
        return try String.fetchAll(database, sql: sql, arguments: [node.number])
    }
}

extension WriterConnection {
    /// Gives a node all that nodes which have ended had not finished. One whose own lease has ended, or that is to end,
    /// takes nothing.
    fileprivate func takeOver(as node: Node) throws -> TakenOver {
        let isLive = try Int.fetchOne(
            database,
            sql: """
                SELECT count(*) FROM nodes WHERE id = ? AND epoch = ? AND state = 'live'
                  AND lease_until_us >= \(DatabaseClock.now)
                """, arguments: [node.number, node.epoch])
        guard isLive == 1 else { return TakenOver() }
        var taken = TakenOver(nodes: try EndedNodes.withWork(database, besides: node))
        taken.batches = try Int64.fetchAll(
            database,
            sql: """
                UPDATE batches SET home_node = ?1 WHERE home_node IN (\(EndedNodes.settled(to: node)))
                  AND \(EndedNodes.canBeTakenOver) RETURNING id
                """, arguments: [node.number]
        ).map(BatchID.init(rawValue:)).sorted()
        taken.jobs = Set(
            try String.fetchAll(
                database,
                sql: """
                    UPDATE claimed_files SET node_id = ?1 WHERE node_id IN (\(EndedNodes.settled(to: node)))
                      AND path NOT IN (SELECT own.path FROM claimed_files AS own WHERE own.node_id = ?1) RETURNING job
                    """, arguments: [node.number]))
        return taken
    }

    /// Refuses to take in lines of a batch that another node has taken over meanwhile.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/takenUp``.
    func requireHome(of batch: BatchID) throws {
        guard let node else { return }
        let home = try Int64.fetchOne(
            database, sql: "SELECT home_node FROM batches WHERE id = ?", arguments: [batch.rawValue])
        guard home == nil || home == node.number else { throw try takenUp(batch) }
    }
}
