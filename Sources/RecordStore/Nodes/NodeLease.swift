import Basics
import Dispatch
import Foundation

/// How long a node's lease lasts, and how often the node renews it.
enum NodeLease {
    /// Seconds without a beat after which others take the node for dead and its open attempts become in doubt: four
    /// beats, so that one that is late or lost costs nothing.
    static let length = Duration.seconds(20)
    /// Seconds between two renewals: few enough for several tries within a lease, and hardly any load on the server.
    static let beat = Duration.seconds(5)
}

/// The thread that renews a node's lease, and closes open attempts that nobody else will finish.
final class NodeBeat: Sendable {
    private let end = MonotonicSemaphore()
    private let ended = DispatchSemaphore(value: 0)

    /// Begins; `beat` is called every five seconds.
    init(_ beat: @escaping @Sendable () -> Void) {
        let thread = Thread { [end, ended] in
            SystemCall.nameThread("rollcall-beat")
            while !end.wait(for: NodeLease.beat) { beat() }
            ended.signal()
        }
        thread.start()
    }

    /// Ends; no beat is under way when it returns.
    func stop() {
        end.signal()
        ended.wait()
        ended.signal()
    }
}

/// An attempt that is still open although nobody will finish it.
struct OrphanedAttempt: Sendable {
    let attempt: AttemptID
    let record: RecordID
    let startedAt: WallTime
    /// The node that claimed it.
    let node: Int64
    /// Why nobody will.
    let origin: Origin

    /// Why an attempt is still open although nobody will finish it.
    enum Origin: Sendable {
        /// It is another node's, whose lease expired.
        case deadNode
        /// It is this process's own, which never learned whether its claim was committed: the call was not sent.
        case commitUnknown
        /// It is this process's own, which made the call and recorded its end: the server has lost that end.
        case endLostByServer
    }

    /// Reads one: its number, its record, when it started, its node.
    init(_ row: StoredRow, _ origin: Origin) {
        attempt = AttemptID(rawValue: row[0])
        record = RecordID(rawValue: row[1])
        startedAt = row[2]
        node = row[3]
        self.origin = origin
    }
}

extension RecordStore {
    /// Renews the node's lease. Attempts of nodes whose lease expired become in doubt; this node's own attempts whose claim
    /// it never learned of are closed as unsent.
    ///
    /// - Throws: ``StoreError`` when it can't be written.
    func beat(_ node: Node) throws {
        try reconcileWithNewServer(node)
        // First of all, and by itself: what follows concerns others.
        try writeWaiting { try $0.renew(node) }
        let orphans = try orphans(besides: node)
        let ends = try orphans.map { try SealedCompletion($0.completion, key: keyForDetail(of: $0.record.batch)) }
        if !orphans.isEmpty { try settle(orphans, ends, beside: node) }
        if node.journal.isLong { try shortenJournal(of: node) }
    }

    private func settle(_ orphans: [OrphanedAttempt], _ ends: [SealedCompletion], beside node: Node) throws {
        try writeWaiting { connection in
            let nodes = Set(orphans.map(\.node)).subtracting([node.number])
            let dead = try nodes.filter { try connection.hasLostItsLease($0) }
            for (orphan, end) in zip(orphans, ends) {
                let isDue = orphan.origin == .deadNode ? dead.contains(orphan.node) : !node.owns(orphan.attempt)
                guard isDue, try connection.finish([end]) == 1, orphan.origin == .endLostByServer else { continue }
                try connection.writeCounters()
                try connection.haltForLoss(orphan.record.batch)
            }
        }
    }

    /// Drops what the ledger has known since the last time this was done, so that the journal does not grow for ever. A
    /// server that takes over and does not know that much is refused, and by then everything later stands in the journal.
    ///
    /// - Throws: ``StoreError`` when it can't be written.
    func shortenJournal(of node: Node) throws {
        // All of it was committed before it was entered.
        let entries = try node.journal.entries()
        guard let (part, open) = try writeWaiting({ try $0.countPart(of: node) }) else { return }
        // A call that is under way stays in it, and so do all after it: a server may lose its end.
        let ended = entries.firstIndex { open.contains([$0.record.rawValue, $0.attempt.rawValue]) } ?? entries.count
        if let last = node.journal.lastPart { try node.record(nil, of: keys.storeID, dropsBefore: last) }
        try node.journal.begin(part, afterEntries: ended)
    }

    /// Those of this node's earlier epochs are among them: its start had ended them, and a server may have lost that.
    private func orphans(besides node: Node) throws -> [OrphanedAttempt] {
        let sql = """
            SELECT attempts.id, record_id, attempts.started_at, node_id FROM attempts JOIN nodes ON nodes.id = node_id
            WHERE outcome IS NULL
              AND CASE WHEN node_id = ?1 THEN attempts.epoch <= ?2 AND send_until_us < \(DatabaseClock.now)
                ELSE lease_until_us < \(DatabaseClock.now) OR state = 'retired' END
            """
        let rows = try readWaiting { try StoredRow.fetchAll($0, sql: sql, arguments: [node.number, node.epoch]) }
        let isAnyOwn = rows.contains { $0[3] == node.number }
        // What is in the journal was claimed, and its call may have left.
        let claimed = isAnyOwn ? Set(try node.journal.entries().map { [$0.record.rawValue, $0.attempt.rawValue] }) : []
        return rows.map { row in
            guard row[3] == node.number else { return OrphanedAttempt(row, .deadNode) }
            return OrphanedAttempt(row, claimed.contains([row[1], row[0]]) ? .endLostByServer : .commitUnknown)
        }.filter { $0.origin == .deadNode || !node.owns($0.attempt) }
    }
}

extension OrphanedAttempt {
    /// Why an attempt is in doubt whose node did not say a word in time; an answer that it brings later is taken.
    static let lostLease = "lease"
    /// Why one is in doubt that a server had lost which was replaced; likewise.
    static let lostByServer = "failover"

    var completion: Completion {
        switch origin {
        case .deadNode: inDoubt(Self.lostLease, "the node that made this call was not heard of in time")
        case .endLostByServer:
            inDoubt(Self.lostByServer, "the database server was replaced and had lost the answer to this call")
        case .commitUnknown: Completion.neverLeft(attempt, of: record, startedAt: startedAt)
        }
    }

    private func inDoubt(_ cause: String, _ text: String) -> Completion {
        Completion(
            attempt: attempt, record: record, outcome: .inDoubt, cause: cause, errorText: text, startedAt: startedAt,
            finishedAt: WallTime.now(), next: .inDoubt, billable: .unknown)
    }
}

extension Completion {
    /// The end of a call that never left, since its node did not learn that its claim was committed.
    static func neverLeft(_ attempt: AttemptID, of record: RecordID, startedAt: WallTime) -> Completion {
        Completion(
            attempt: attempt, record: record, outcome: .unsent, cause: "commit", startedAt: startedAt,
            finishedAt: WallTime.now(), next: .release, billable: .no)
    }
}

extension WriterConnection {
    /// Extends the node's lease.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notAllowed`` when its epoch is over.
    fileprivate func renew(_ node: Node) throws {
        try database.execute(
            sql: "UPDATE nodes SET lease_until_us = \(DatabaseClock.now) + ? WHERE id = ? AND epoch = ?",
            arguments: [NodeLease.length.microseconds, node.number, node.epoch])
        guard database.changesCount == 1 else {
            throw StoreError(.notAllowed, "Node \(node.description.name) was taken over by another process")
        }
    }

    /// Counts that the ledger has all of a node's journal.
    ///
    /// - Returns: The count, and the node's calls that have not ended; nil where the server is not the one that the node has
    ///   answered for.
    fileprivate func countPart(of node: Node) throws -> (part: Int64, open: Set<[Int64]>)? {
        guard case .postgreSQL(let connection) = database.engine, let server = connection.transaction?.server else {
            throw StoreError.runnerOnly
        }
        let part = try Int64.fetchOne(
            database,
            sql: """
                UPDATE nodes SET told_part = told_part + 1 WHERE id = ? AND epoch = ? AND server_id = ? AND timeline = ?
                RETURNING told_part
                """, arguments: [node.number, node.epoch, server.identifier, server.timeline])
        guard let part else { return nil }
        let open = try StoredRow.fetchAll(
            database, sql: "SELECT record_id, id FROM attempts WHERE node_id = ? AND outcome IS NULL",
            arguments: [node.number])
        return (part, Set(open.map { [$0[0] as Int64, $0[1] as Int64] }))
    }

    /// Ends the node's lease with its process, so that nobody waits for it.
    func endLease(of node: Node) throws {
        try database.execute(
            sql: "UPDATE nodes SET lease_until_us = 0 WHERE id = ? AND epoch = ?", arguments: [node.number, node.epoch])
    }

    fileprivate func hasLostItsLease(_ node: Int64) throws -> Bool {
        try Bool.fetchOne(
            database,
            sql: "SELECT lease_until_us < \(DatabaseClock.now) OR state = 'retired' FROM nodes WHERE id = ?",
            arguments: [node]) ?? false
    }
}
