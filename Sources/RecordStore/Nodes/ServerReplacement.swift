import Basics
import Glibc

/// What comparing a node's journal with the ledger of the server that answers now has found.
struct JournalReconciliation: Sendable, Equatable {
    /// Calls that the server had lost, entered as in doubt.
    var entered = 0
    /// Calls of lines that it had lost themselves.
    var unknown = 0
    /// The batches that were halted because of them.
    var halted: Set<BatchID> = []
    /// The server.
    let server: ServerIdentity
}

extension RecordStore {
    /// Reconciles the node's journal with the server, where that has replaced another and it has not been done yet.
    ///
    /// - Throws: ``StoreError`` when it can't be written.
    func reconcileWithNewServer(_ node: Node) throws {
        let told = node.tellings.withLock { $0 }
        if try isServerNew(to: node) || lacksLastCall(of: node) { try tell(node, unlessToldSince: told) }
    }

    /// Does work of this process as a node. Where the server turns out to lack calls that the node has made, before any beat
    /// has seen that, it is told them, and the work is done again: then an answer finds its call.
    ///
    /// - Parameter work: Gets whether the server was told.
    /// - Returns: What the work returns.
    /// - Throws: What the work throws.
    func tellingServer<T>(_ work: (_ isTold: Bool) async throws -> T) async throws -> T {
        let told = node?.tellings.withLock { $0 }
        do {
            return try await work(false)
        } catch is CallsLostByServer {
            if let node, let told { try await BlockingWork.run { try tellOrEnd(node, unlessToldSince: told) } }
            return try await work(true)
        }
    }

    /// Whoever finds that first tells the server, and others wait for it.
    private func tell(_ node: Node, unlessToldSince count: Int) throws {
        try node.telling.withLock { _ in
            guard node.tellings.withLock({ $0 }) == count else { return }
            try reconcileJournal(of: node)
            node.tellings.withLock { $0 += 1 }
        }
    }

    /// A server that cannot be told what it lost is none to go on with: the next start says why.
    private func tellOrEnd(_ node: Node, unlessToldSince count: Int) throws {
        do {
            try tell(node, unlessToldSince: count)
        } catch let error as StoreError where !error.isFatal {
            throw StoreError(.stateNotWritten, "The database server lacks calls of this node: \(error.message)")
        }
    }

    /// Whether the node's journal has not been reconciled with the server that answers, or not since the node's start.
    private func isServerNew(to node: Node) throws -> Bool {
        let sql = "SELECT NOT (\(NodeView.hasAnswered)) OR epoch < ?2 OR told_epoch < ?2 FROM nodes WHERE id = ?1"
        return try readWaiting { try Bool.fetchOne($0, sql: sql, arguments: [node.number, node.epoch]) ?? false }
    }

    /// Whether the server, although it is the same, has forgotten the last call: it was put back, and others may have claimed
    /// since.
    private func lacksLastCall(of node: Node) throws -> Bool {
        guard let last = node.journal.lastCall else { return false }
        return try !readWaiting { try LostCalls.find([last], in: $0) }.isEmpty
    }

    /// What the server had lost is in doubt then, also what is under way: an answer that comes is taken.
    private func reconcileJournal(of node: Node) throws {
        let keys = try keysOfLostCalls(of: node)
        let isPutBack = try lacksLastCall(of: node)
        let found = try writeWaiting {
            try $0.reconcile(node.journal.entries(), of: node, isPutBack: isPutBack, keys: keys, at: WallTime.now())
        }
        try node.record(found.server, of: self.keys.storeID)
        // A number that the server has lost may be another batch's.
        forgetDataKeys()
        announced.withLock { $0 = [] }
    }

    /// The keys of the batches of which the server lacks calls that a node's journal has, as far as they are known.
    func keysOfLostCalls(of node: Node) throws -> [BatchID: DataKey] {
        let entries = try node.journal.entries()
        let lost = try readWaiting { try LostCalls.find(entries, in: $0) }
        return Set(lost.map(\.record.batch)).reduce(into: [:]) { $0[$1] = keyForDetail(of: $1) }
    }

    /// The key by which it is sealed why a call is in doubt; nil where it is not to be had here, as where a month's key was not
    /// copied to this machine: then the line is in doubt without a word.
    func keyForDetail(of batch: BatchID) -> DataKey? {
        // What cannot be read now is no reason to leave a call open, or to keep all nodes waiting.
        (try? existingDataKey(of: batch)) ?? nil
    }
}

/// The ledger lacks calls that this process has made: a server took over that had not heard of them, or was put back.
struct CallsLostByServer: Error {}

/// A server that has taken a database over may have lost calls that a node's journal has.
extension WriterConnection {
    /// Compares a node's journal with the ledger, enters as in doubt what is missing there, counts it against the caps and
    /// halts its batches; from then on the node may claim on this server.
    ///
    /// - Parameters:
    ///   - entries: The node's journal.
    ///   - node: The node.
    ///   - isPutBack: Whether the server is known to have been put back to an earlier time, where it is the same as before.
    ///   - keys: The keys of the batches in it, as far as they are known.
    ///   - now: The time.
    /// - Returns: What was missing.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notAllowed`` when the server is an older one than that of the node's
    ///   last claims.
    func reconcile(
        _ entries: [ClaimedAttempt], of node: Node, isPutBack: Bool = false, keys: [BatchID: DataKey], at now: WallTime
    ) throws -> JournalReconciliation {
        guard case .postgreSQL(let connection) = database.engine, let server = connection.transaction?.server else {
            throw StoreError.runnerOnly
        }
        let known = try StoredRow.fetchOne(
            database, sql: "SELECT server_id, timeline, told_part, epoch FROM nodes WHERE id = ?",
            arguments: [node.number])
        guard let known else { throw StoreError.nodeForgotten(node.description) }
        let reconciled = ServerIdentity(identifier: known[0], timeline: known[1])
        if let successor = server.successor(reconciled) { throw StoreError.earlierServer(than: successor) }
        // What was dropped from the journal is unknown to a server that does not know that much.
        guard try node.folder.knownLedger()?.toldPart ?? 0 <= known[2] as Int64 else {
            throw StoreError.earlierLedger(node.description)
        }
        var found = JournalReconciliation(server: server)
        var unknown: [ClaimedAttempt] = []
        let sources = try node.batches.entries().reduce(into: [:]) { $0[$1.batch] = $1.source }
        let gone = try LostCalls.batches(Set(entries.map(\.record.batch)), from: sources, in: database)
        // Where a batch's number is another's by now, ids of attempts tell their calls apart.
        for entry in try LostCalls.find(entries, in: database) {
            if gone.contains(entry.record.batch) {
                unknown.append(entry)
            } else {
                found.halted.insert(entry.record.batch)
                if try enter(entry, keys[entry.record.batch], at: now) {
                    found.entered += 1
                } else {
                    unknown.append(entry)
                }
            }
        }
        found.unknown = unknown.count
        for (batch, lost) in Dictionary(grouping: unknown, by: \.record.batch) {
            try doubtLines(lost.count, of: batch, source: sources[batch.rawValue], isGone: gone.contains(batch))
        }
        for (day, lost) in Dictionary(grouping: unknown, by: \.day) { try countLost(Int64(lost.count), on: day) }
        try LostCalls.rememberUnknown(unknown, in: database)
        for batch in found.halted { try haltForLoss(batch) }
        let last = entries.map(\.attempt.rawValue).max() ?? 0
        let isBehind = try isPutBack || lastAttempt() < last || known[3] < node.epoch
        if reconciled == server, isBehind { try awaitOtherNodes(besides: node) }
        try database.execute(
            sql: "UPDATE ledger_position SET last_attempt = greatest(last_attempt, ?)", arguments: [last])
        // The node's start may be lost, too; its epoch holds all the same, since none began a later one.
        try database.execute(
            sql: """
                UPDATE nodes SET server_id = ?1, timeline = ?2, told_epoch = ?3, epoch = greatest(epoch, ?3), pid = ?4
                WHERE id = ?5
                """,
            arguments: [server.identifier, server.timeline, node.epoch, Int64(getpid()), node.number])
        return found
    }

    /// Has all other nodes tell their calls before anybody claims, as where a server was replaced: it is the one that they know,
    /// and was put back to an earlier time.
    private func awaitOtherNodes(besides node: Node) throws {
        try database.execute(
            sql: "UPDATE nodes SET server_id = 0 WHERE id <> ? AND state <> 'retired'",
            arguments: [node.number])
    }

    private func lastAttempt() throws -> Int64 { try RecordStore.lastAttempt(database) }

    /// Whether this process was given an attempt of which the ledger knows nothing.
    func isLost(_ completion: Completion) throws -> Bool {
        guard let node, node.owns(completion.attempt) else { return false }
        // The day says nothing here.
        let call = ClaimedAttempt(
            record: completion.record, attempt: completion.attempt, day: CallDay(rawValue: 0))
        return try !LostCalls.find([call], in: database).isEmpty
    }

    /// Lets as many lines as calls of lost lines were made begin in doubt when their file is read again.
    private func doubtLines(_ lost: Int, of batch: BatchID, source: [UInt8]?, isGone: Bool) throws {
        if isGone {
            try database.setLastBatchNumber(max(lastBatch(), batch.rawValue))
            guard let source else { return }
            try rememberLost(lost, of: batch, from: source)
            try doubtFile(source, lost)
        } else {
            try database.execute(
                sql: "UPDATE batches SET doubted_lines = doubted_lines + ?2 WHERE id = ?1 AND ingested = 0",
                arguments: [batch.rawValue, lost])
        }
    }

    /// Puts as many lines in doubt where another node took the file of a lost batch in before anybody told of that.
    private func doubtFile(_ source: [UInt8], _ lost: Int) throws {
        let sql = "SELECT id, job, content_digest, ingested FROM batches WHERE finished_at IS NULL"
        for row in try StoredRow.fetchAll(database, sql: sql)
        where try BatchJournal.source(job: row[1], contentDigest: row.bytes(2)) == source {
            let batch = BatchID(rawValue: row[0])
            if row[3] {
                try doubtNext(lost, of: batch, key: nil)
            } else {
                try database.execute(
                    sql: "UPDATE batches SET doubted_lines = doubted_lines + ? WHERE id = ?",
                    arguments: [lost, batch.rawValue])
            }
            try haltForLoss(batch)
        }
    }

    /// - Returns: False where the record itself is missing.
    private func enter(_ entry: ClaimedAttempt, _ key: DataKey?, at now: WallTime) throws -> Bool {
        let record = entry.record.rawValue
        let row = try StoredRow.fetchOne(
            database, sql: "SELECT status, follows FROM records WHERE id = ?", arguments: [record])
        guard let row else { return false }
        let status = try RecordStatus(code: row[0])
        try database.execute(
            sql: """
                INSERT INTO attempts
                  (record_id, id, number, day, started_at, finished_at, outcome, cause, billable, called)
                VALUES (?1, ?2, (SELECT count(*) + 1 FROM attempts WHERE record_id = ?1), ?3, ?4,
                  \(DatabaseClock.now) / 1000, 'in_doubt', ?5, 2, 1)
                """,
            arguments: [record, entry.attempt.rawValue, entry.day.rawValue, now, OrphanedAttempt.lostByServer])
        var counts = BatchCounts()
        (counts.attempts, counts.calls, counts.billingUnknown) = (1, 1, 1)
        try database.execute(
            sql: "UPDATE records SET attempts = attempts + 1, spent = spent + 1 WHERE id = ?", arguments: [record])
        if status == .queued {
            counts.move(from: .queued, to: .inDoubt)
            try putInDoubt(record, follows: row[1], key, &counts, at: now)
        }
        try add(counts, to: entry.record.batch)
        let place = GroupCounters.Place(day: entry.day, batch: entry.record.batch)
        try add(DayChange(opened: 1), on: entry.day)
        // Opened before it is ended: the day may be a new one.
        for change in [DayChange(opened: 1), DayChange(unknown: 1)] { try add(change, at: place) }
        return true
    }

    private func putInDoubt(
        _ record: Int64, follows: Int64?, _ key: DataKey?, _ counts: inout BatchCounts, at now: WallTime
    ) throws {
        if follows != nil { counts.following -= 1 }
        try database.execute(sql: "DELETE FROM ready WHERE record_id = ?", arguments: [record])
        try database.execute(
            sql: "UPDATE records SET status = 4, held = 0, follows = NULL, requeued = 0 WHERE id = ?",
            arguments: [record])
        if let followers = try settleFollowers(of: record, as: .inDoubt) { counts.add(followers) }
        let text = "the database server was replaced and had lost this call, which may have been made"
        guard let detail = try key?.seal(Array(text.utf8), record: record, column: .detail) else { return }
        try saveResult(of: record, detail: detail, at: now)
    }

    /// Halts a batch of which a server that was replaced has lost something; one that is still being read is paused.
    func haltForLoss(_ batch: BatchID) throws {
        try database.execute(
            sql: """
                UPDATE batches SET state = CASE WHEN ingested = 1 THEN 'halted' ELSE 'paused' END, reason = ?, resume_at = NULL
                WHERE id = ? AND finished_at IS NULL
                """,
            arguments: [
                "the database server was replaced and had lost calls of this batch, which are in doubt; look at them "
                    + "before you resume it", batch.rawValue,
            ])
    }
}

/// What a journal has and a ledger lacks. A journal may hold some hundred thousand calls, so thousands are looked for at a
/// time, while no node claims.
enum LostCalls {
    private static let mostAtOnce = 5_000

    /// The entries of which a server knows nothing, and was told nothing.
    static func find(_ entries: [ClaimedAttempt], in database: StoreConnection) throws -> [ClaimedAttempt] {
        try inParts(entries) { part in
            let places = try Int64.fetchAll(
                database,
                sql: """
                    SELECT told.place FROM (
                      SELECT unnest(?1::text::bigint[]) AS record, unnest(?2::text::bigint[]) AS attempt,
                        generate_series(0, ?3 - 1) AS place) AS told
                    WHERE NOT EXISTS (SELECT 1 FROM attempts WHERE record_id = told.record AND id = told.attempt)
                      AND NOT EXISTS (
                        SELECT 1 FROM archived_attempts WHERE record_id = told.record AND id = told.attempt)
                      AND NOT EXISTS (
                        SELECT 1 FROM unknown_calls WHERE record_id = told.record AND attempt_id = told.attempt)
                    """,
                arguments: [
                    list(part.map(\.record.rawValue)), list(part.map(\.attempt.rawValue)), Int64(part.count),
                ])
            let missing = places.map { part[part.startIndex + Int($0)] }
            let purged = try Set(purged(Set(missing.map(\.record.batch)), in: database))
            return missing.filter { !purged.contains($0.record.batch) }
        }
    }

    /// Keeps which calls a server was told of whose lines it has lost, too.
    static func rememberUnknown(_ unknown: [ClaimedAttempt], in database: StoreConnection) throws {
        _ = try inParts(unknown) { part -> [Never] in
            try database.execute(
                sql: """
                    INSERT INTO unknown_calls (record_id, attempt_id)
                    SELECT unnest(?1::text::bigint[]), unnest(?2::text::bigint[])
                    """,
                arguments: [list(part.map(\.record.rawValue)), list(part.map(\.attempt.rawValue))])
            return []
        }
    }

    /// Which batches have no ledger any more, since it was purged.
    private static func purged(_ batches: Set<BatchID>, in database: StoreConnection) throws -> [BatchID] {
        try Int64.fetchAll(
            database,
            sql: """
                SELECT id FROM batches
                WHERE id IN (SELECT unnest(?::text::bigint[])) AND ledger_purged_at IS NOT NULL
                """,
            arguments: [list(batches.map(\.rawValue))]
        ).map(BatchID.init(rawValue:))
    }

    /// Which batches a server has lost whole, by what they were made from, as far as the node knows that: their numbers may
    /// be others' by now.
    static func batches(
        _ batches: Set<BatchID>, from sources: [Int64: [UInt8]], in database: StoreConnection
    ) throws -> Set<BatchID> {
        let found = try inParts(batches.map(\.rawValue)) { part in
            try StoredRow.fetchAll(
                database,
                sql: "SELECT id, job, content_digest FROM batches WHERE id IN (SELECT unnest(?::text::bigint[]))",
                arguments: [list(part)])
        }
        let known = try found.reduce(into: [Int64: [UInt8]]()) { known, row in
            known[row[0]] = try BatchJournal.source(job: row[1], contentDigest: row.bytes(2))
        }
        return batches.filter { batch in
            guard let source = known[batch.rawValue] else { return true }
            return sources[batch.rawValue].map { $0 != source } ?? false
        }
    }

    private static func inParts<Element, Found>(
        _ all: [Element], _ find: (ArraySlice<Element>) throws -> [Found]
    ) rethrows -> [Found] {
        try stride(from: 0, to: all.count, by: mostAtOnce).flatMap {
            try find(all[$0..<min($0 + mostAtOnce, all.count)])
        }
    }

    /// An array as PostgreSQL reads it from a text.
    private static func list(_ numbers: some Sequence<Int64>) -> String {
        "{" + numbers.map(String.init).joined(separator: ",") + "}"
    }
}
