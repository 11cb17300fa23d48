import Basics

/// A record whose request is the same as that of an earlier line of its batch.
struct RepeatedRecord: Sendable {
    let record: Int64
    let status: RecordStatus
    /// The first line with this request.
    let leader: Int64
    let leaderStatus: RecordStatus
}

extension RecordStore {
    /// Records that one transaction links: other writes, those of a runner above all, come between the transactions.
    private static let repeatsAtATime = 5_000

    /// Finds the records of a batch whose request is the same as an earlier line's, and makes them followers of it:
    /// they are answered by its call. Call it when the whole file has been read and before the ingest is finished.
    ///
    /// Exact whatever the number of lines; SQLite's sorter bounds the memory. Repeating it changes nothing.
    ///
    /// - Parameter batch: The batch, ingesting.
    /// - Returns: How many records repeat an earlier line.
    /// - Throws: ``StoreError``; what was linked by then stays.
    package func linkRepeats(of batch: BatchID) async throws -> Int {
        // It blocks while it waits for the writing thread, perhaps for space on a full disk.
        try await BlockingWork.run { try linkAllRepeats(of: batch) }
    }

    private func linkAllRepeats(of batch: BatchID) throws -> Int {
        var (count, displaced) = (0, 0)
        try forEachRepeat(of: batch) { repeats in
            count += repeats.count
            displaced += try writeWaiting { try $0.link(repeats, in: batch) }
        }
        if displaced > 0 {
            let (calls, key) = (displaced, try existingDataKey(of: batch))
            try writeWaiting { try $0.doubtNext(calls, of: batch, key: key) }
        }
        return count
    }

    /// Passes on the repeats in groups, each with the first line of its request.
    private func forEachRepeat(of batch: BatchID, _ body: ([RepeatedRecord]) throws -> Void) throws {
        let sql = """
            SELECT id, fingerprint, status FROM records
            WHERE id BETWEEN ?1 AND ?2 AND fingerprint IS NOT NULL ORDER BY fingerprint, id
            """
        try readWaiting { database in
            let rows = try database.prepare(sql)
            rows.bind(batch.records.lowerBound, at: 1)
            rows.bind(batch.records.upperBound, at: 2)
            defer { rows.reset() }
            var first: (id: Int64, fingerprint: [UInt8], status: RecordStatus)?
            var found: [RepeatedRecord] = []
            while try rows.step() {
                let (id, fingerprint) = (rows.integer(0), rows.bytes(1))
                let status = try RecordStatus(code: rows.integer(2))
                guard let leader = first, leader.fingerprint == fingerprint else {
                    first = (id, fingerprint, status)
                    continue
                }
                found.append(
                    RepeatedRecord(record: id, status: status, leader: leader.id, leaderStatus: leader.status))
                if found.count == Self.repeatsAtATime {
                    try body(found)
                    found.removeAll(keepingCapacity: true)
                }
            }
            if !found.isEmpty { try body(found) }
        }
    }
}

extension WriterConnection {
    /// Gives the records that follow one its own result, in the same transaction: its answer, its failure, or its
    /// doubt. Those that failed or were held earlier get the answer, too, when their leader was sent again.
    ///
    /// Nothing is copied: a follower shows its leader's result. They are taken in portions, since SQLite keeps what a
    /// statement has changed in memory until it ends (with `PRAGMA temp_store = MEMORY`): a million followers of one line
    /// take no more of it than a few thousand.
    ///
    /// - Returns: The change to the batch's counters; nil when there are no followers, which is nearly always.
    func settleFollowers(of leader: Int64, as status: RecordStatus) throws -> BatchCounts? {
        guard try haveFollowers([leader]) == [true] else { return nil }
        var counts = BatchCounts()
        let final: RecordStatus = status == .succeeded ? .reused : status
        try count(followersOf: leader, becoming: final, into: &counts)
        var last: Int64 = 0
        repeat {
            let end = try endOfPortion(ofFollowersOf: leader, after: last) ?? .max
            follows.settle.bind(last, at: 4)
            follows.settle.bind(end, at: 5)
            try follows.settle.run(leader, final.code, final == .inDoubt ? 1 : 0)
            last = end
        } while last < .max
        return counts
    }

    /// Whether any record follows each of some.
    func haveFollowers(_ leaders: [Int64]) throws -> [Bool] { try follows.any.integers(for: leaders).map { $0 != nil } }

    /// Counts those that will change, by what they are now.
    private func count(
        followersOf leader: Int64, becoming final: RecordStatus, into counts: inout BatchCounts
    ) throws {
        follows.count.bind(leader, at: 1)
        defer { follows.count.reset() }
        guard try follows.count.step() else { return }
        for (column, old) in FollowStatements.open.enumerated() where old != final {
            let number = Int(follows.count.integer(Int32(column)))
            counts.move(number, from: old, to: final)
            if old == .queued { counts.following -= number }
        }
    }

    /// The last follower of a whole portion; nil: fewer are left.
    private func endOfPortion(ofFollowersOf leader: Int64, after last: Int64) throws -> Int64? {
        follows.end.bind(leader, at: 1)
        follows.end.bind(last, at: 2)
        follows.end.bind(Int64(FollowStatements.portion - 1), at: 3)
        defer { follows.end.reset() }
        return try follows.end.step() ? follows.end.integer(0) : nil
    }

    /// Makes records follow earlier ones of their batch, which is still being read; one that already does is skipped.
    ///
    /// - Returns: How many records that are in doubt turned out to be repeats.
    func link(_ repeats: [RepeatedRecord], in batch: BatchID) throws -> Int {
        var counts = BatchCounts()
        var displaced = 0
        for each in repeats {
            if each.status == .inDoubt { displaced += 1 }
            guard each.status == .queued else { continue }
            let status: RecordStatus = each.leaderStatus == .inDoubt ? .inDoubt : .queued
            follows.link.bind(status == .inDoubt ? 1 : 0, at: 4)
            try follows.link.run(each.record, each.leader, status.code)
            guard follows.link.changes == 1 else { continue }
            try follows.lead.run(each.leader)
            if status == .queued { counts.following += 1 } else { counts.move(from: .queued, to: status) }
        }
        try add(counts, to: batch)
        return displaced
    }
}

/// The statements on records that follow another.
struct FollowStatements {
    /// How many a statement settles at most.
    static let portion = 4_096
    /// The statuses of those that can still be settled, in the order in which ``count`` gives their numbers.
    static let open: [RecordStatus] = [.queued, .failed, .inDoubt]
    let any: RowsStatement
    let count: PreparedStatement
    let end: PreparedStatement
    let settle: PreparedStatement
    let link: PreparedStatement
    let lead: PreparedStatement

    init(_ database: StoreConnection) throws {
        any = try RowsStatement(
            database, "SELECT 1 FROM records INDEXED BY records_following WHERE follows = ?1 LIMIT 1", [.integer])
        // Without GROUP BY, which would sort them all in memory.
        count = try database.prepare(
            """
            SELECT \(Self.open.map { "count(CASE WHEN status = \($0.code) THEN 1 END)" }.joined(separator: ", "))
            FROM records INDEXED BY records_following WHERE follows = ?1
            """)
        end = try database.prepare(
            """
            SELECT id FROM records INDEXED BY records_following WHERE follows = ?1 AND id > ?2
            ORDER BY id LIMIT 1 OFFSET ?3
            """)
        settle = try database.prepare(
            """
            UPDATE records INDEXED BY records_following SET status = ?2, held = ?3, requeued = 0
            WHERE follows = ?1 AND id > ?4 AND id <= ?5
              AND status IN (\(Self.open.map { "\($0.code)" }.joined(separator: ", "))) AND status <> ?2
            """)
        link = try database.prepare(
            """
            UPDATE records SET follows = ?2, status = ?3, held = ?4, repeated = 1
            WHERE id = ?1 AND status = 0 AND follows IS NULL
            """)
        lead = try database.prepare("UPDATE records SET repeated = 1 WHERE id = ?1 AND repeated = 0")
    }
}
