import Basics

/// What a node does about its earlier epochs before it claims anything.
extension RecordStore {
    /// Delivers the answers that the node had spooled, puts in doubt the calls that its earlier epochs had under way, and
    /// reconciles its journal with the server, which may have lost some of them.
    ///
    /// - Throws: ``StoreError`` when something can't be read or written.
    func recover(_ node: Node, _ provenance: Provenance) throws {
        let open = try openAttempts(of: node)
        let spooled = try node.spool.ends()
        let (entries, keys) = (try node.journal.entries(), try keysOfLostCalls(of: node))
        let (recovery, server) = try writeWaiting { connection in
            var recovery = RecoveryReport()
            // Spooled answers first: an attempt that has its answer is not in doubt.
            recovery.deliveredEnds = try connection.finish(spooled)
            recovery.openAttempts = try connection.finish(open)
            try connection.writeCounters()
            let found = try connection.reconcile(entries, of: node, keys: keys, at: WallTime.now())
            // Again: attempts that the server had lost have just been entered, and their answers may be among the spooled.
            recovery.deliveredEnds += try connection.finish(spooled)
            try connection.writeCounters()
            recovery.lostAttempts = Int64(found.entered + found.unknown)
            recovery.doubtedRecords = found.entered
            recovery.pausedBatches = found.halted.sorted()
            recovery.awaitedNodes = try connection.nodesToReconcile()
            try connection.record(recovery, provenance)
            return (recovery, found.server)
        }
        self.recovery = recovery
        try node.begin(with: self.keys.storeID, at: server)
    }

    private func openAttempts(of node: Node) throws -> [SealedCompletion] {
        let sql = """
            SELECT record_id, id, started_at FROM attempts WHERE outcome IS NULL AND node_id = ? AND epoch < ?
            """
        return try openAttempts(sql, [node.number, node.epoch])
    }

    /// Begins to renew the node's lease, every five seconds.
    func join(as node: Node) {
        let beat = NodeBeat { [weak self] in
            // What fails now is tried again with the next beat; a node that does not renew its lease loses it.
            try? self?.beat(node)
        }
        membership.withLock { $0 = NodeMembership(node: node, beat: beat) }
    }
}

/// A node, with the thread that renews its lease.
struct NodeMembership: Sendable {
    let node: Node
    let beat: NodeBeat
}
