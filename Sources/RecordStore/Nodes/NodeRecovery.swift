import Basics

/// What a node does about its own earlier epochs before it claims anything. Calls of other nodes that ended are put in doubt by
/// its beat (`NodeLease.swift`), their batches and files taken over in `SharedWork.swift`.
extension RecordStore {
    /// Delivers the answers that the node had spooled, puts in doubt the calls that its earlier epochs had under way, and
    /// reconciles its journal with the server, which may have lost some of them.
    ///
    /// - Throws: ``StoreError`` when something can't be read or written.
    func recover(_ node: Node, _ provenance: Provenance) throws {
        let (entries, spooled) = (try node.journal.entries(), try node.spool.ends())
        let (open, unsent) = try openAttempts(of: node, journaled: entries)
        let keys = try keysOfLostCalls(of: node)
        let (recovery, server) = try writeWaiting { connection in
            var recovery = RecoveryReport()
            // Spooled answers first: an attempt that has its answer is not in doubt.
            recovery.deliveredEnds = try connection.finish(spooled)
            recovery.openAttempts = try connection.finish(open)
            _ = try connection.finish(unsent)
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

    /// The ends of the calls that the node's earlier epochs had under way: in doubt, and those that surely never left, since
    /// each is entered in the journal before. Of these the process never learned that their claim was committed.
    private func openAttempts(
        of node: Node, journaled entries: [ClaimedAttempt]
    ) throws -> (inDoubt: [SealedCompletion], unsent: [SealedCompletion]) {
        let sql = """
            SELECT record_id, id, started_at FROM attempts WHERE outcome IS NULL AND node_id = ? AND epoch < ?
            """
        let journaled = Set(entries.map { [$0.record.rawValue, $0.attempt.rawValue] })
        var (inDoubt, unsent) = ([SealedCompletion](), [SealedCompletion]())
        for open in try openAttempts(sql, [node.number, node.epoch]) {
            let end = open.completion
            if journaled.contains([end.record.rawValue, end.attempt.rawValue]) {
                inDoubt.append(open)
            } else {
                let neverLeft = Completion.neverLeft(end.attempt, of: end.record, startedAt: end.startedAt)
                unsent.append(SealedCompletion(neverLeft, detail: nil, answer: nil))
            }
        }
        return (inDoubt, unsent)
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
