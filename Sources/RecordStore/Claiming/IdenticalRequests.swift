import Basics
import GRDB

/// The fingerprint of identical requests: an HMAC under a key of the database, which reveals nothing of the request.
package struct RequestFingerprint: Sendable, Hashable {
    let bytes: [UInt8]
}

/// Where reusable answers to identical requests lie, including those of batches that left the hot tables.
enum AnswerTables {
    /// What follows `FROM`: the answers by their requests.
    static let tables = """
        answers LEFT JOIN results ON results.record_id = answers.record_id
        LEFT JOIN archived_results ON archived_results.record_id = answers.record_id AND results.record_id IS NULL
        """

    /// The columns kept of an answer, in the order in which ``KeptAnswer`` reads them.
    static let columns = [
        "http_status", "correlation_id", "request_ref_id", "submitted_at", "completed_at", "flagged", "detail",
        "answer",
    ].map(value(of:)).joined(separator: ", ")

    /// The condition that an answer was given since a time and still exists.
    static func serves(since parameter: String) -> String {
        "\(value(of: "completed_at")) >= \(parameter) AND \(value(of: "answer")) IS NOT NULL"
    }

    private static func value(of column: String) -> String {
        "ifnull(results.\(column), archived_results.\(column))"
    }
}

/// Identical records: which one is called, and which gets the other's answer.
extension WriterConnection {
    /// How long a record waits before it is considered again while an identical one is under way, in milliseconds.
    private static let waitForTwin: Int64 = 1_000

    /// Decides what happens to a record whose turn it is.
    ///
    /// An untried line is compared with earlier batches only where their answers may be reused; repeats within its own
    /// batch were found when it was taken in. A record that is queued again and has such repeats is compared with them:
    /// they may have been answered since, or be under way.
    func verdict(
        on candidate: ClaimCandidate, _ request: ClaimRequest, _ row: BatchRow, _ progress: inout ClaimProgress
    ) throws -> ClaimVerdict {
        if candidate.isRepeated, let verdict = try verdictByRepeats(of: candidate, request) { return verdict }
        let since = row.reuses ? request.caps.answeredSince : nil
        if let since, let answer = try answer(identicalTo: candidate, since: since, request) { return .reuse(answer) }
        if progress.holds, try isHeld(candidate) { return .hold }
        if since != nil, try isUnderWay(candidate, request, &progress.othersUnderWay) { return .wait }
        return .call
    }

    /// Compares with the other lines of the same request: an answered one is reused, one under way is waited for.
    private func verdictByRepeats(of candidate: ClaimCandidate, _ request: ClaimRequest) throws -> ClaimVerdict? {
        let statement = claims.identical.repeated
        return try candidate.fingerprint.withUnsafeBytes { fingerprint in
            statement.bind(unowned: fingerprint, at: 1)
            statement.bind(request.batch.records.lowerBound, at: 2)
            statement.bind(request.batch.records.upperBound, at: 3)
            defer { statement.reset() }
            while try statement.step() {
                if statement.integer(9) == RecordStatus.inFlight.code { return .wait }
                if let answer = try keptAnswer(statement, request) { return .reuse(answer) }
            }
            return nil
        }
    }

    /// A record whose own call may have been billed is not held: it is being repeated by decision, not by accident.
    private func isHeld(_ candidate: ClaimCandidate) throws -> Bool {
        let isDoubted = try candidate.fingerprint.withUnsafeBytes { fingerprint in
            claims.identical.inDoubt.bind(unowned: fingerprint, at: 1)
            defer { claims.identical.inDoubt.reset() }
            return try claims.identical.inDoubt.step()
        }
        guard isDoubted, candidate.attempts > 0 else { return isDoubted }
        return try firstInteger(claims.perhapsBilled, candidate.id) == nil
    }

    private func isUnderWay(
        _ candidate: ClaimCandidate, _ request: ClaimRequest, _ known: inout Set<[UInt8]>?
    ) throws -> Bool {
        let underWay = try known ?? fingerprintsUnderWay(besides: request.batch)
        known = underWay
        return underWay.contains(candidate.fingerprint)
    }

    /// From here on their batches add their answers where this one looks, whatever their jobs' settings: it waits for
    /// them.
    private func fingerprintsUnderWay(besides batch: BatchID) throws -> Set<[UInt8]> {
        let statement = claims.identical.underWay
        statement.bind(batch.records.lowerBound, at: 1)
        statement.bind(batch.records.upperBound, at: 2)
        var (found, batches) = (Set<[UInt8]>(), Set<BatchID>())
        while try statement.step() {
            found.insert(statement.bytes(0))
            batches.insert(RecordID(rawValue: statement.integer(1)).batch)
        }
        for other in batches { try claims.identical.keepAnswers.run(other.rawValue) }
        return found
    }

    /// The newest answer of an identical record given since a time; nil where there is none, or it can no longer be
    /// opened.
    private func answer(
        identicalTo candidate: ClaimCandidate, since: Int64, _ request: ClaimRequest
    ) throws -> KeptAnswer? {
        let statement = claims.identical.answered
        return try candidate.fingerprint.withUnsafeBytes { fingerprint in
            statement.bind(unowned: fingerprint, at: 1)
            statement.bind(since, at: 2)
            defer { statement.reset() }
            while try statement.step() {
                if let answer = try keptAnswer(statement, request) { return answer }
            }
            return nil
        }
    }

    private func keptAnswer(_ row: PreparedStatement, _ request: ClaimRequest) throws -> KeptAnswer? {
        let source = row.integer(0)
        guard let key = try key(of: RecordID(rawValue: source).batch, request) else { return nil }
        do {
            let detail = try row.optionalBytes(7).map { try key.open($0, record: source, column: .detail) }
            return KeptAnswer(
                source: source, httpStatus: row.optionalInteger(1), correlationID: row.text(2),
                requestRefID: row.text(3), submittedAt: row.optionalInteger(4), completedAt: row.integer(5),
                hasWarnings: row.integer(6) == 1, detail: detail,
                answer: try key.open(row.bytes(8), record: source, column: .answer))
        } catch let error as StoreError where error.code == .altered {
            return nil
        }
    }

    /// A batch's key, read again each time: it may have been destroyed to erase the batch.
    private func key(of batch: BatchID, _ request: ClaimRequest) throws -> DataKey? {
        if batch == request.batch { return request.key }
        return try WrappedDataKey.fetch(database, batch)?.unwrap(with: request.sealingKey)
    }

    /// Gives a record the answer of an identical one, sealed again for its own place.
    func reuse(
        _ answer: KeptAnswer, for candidate: ClaimCandidate, _ request: ClaimRequest, _ progress: inout ClaimProgress
    ) throws {
        try unqueue(candidate, request)
        try claims.identical.reuse.run(candidate.id)
        let statement = claims.identical.saveReused
        statement.bind(candidate.id, at: 1)
        statement.bind(answer.httpStatus, at: 2)
        statement.bind(answer.correlationID, at: 3)
        statement.bind(answer.requestRefID, at: 4)
        statement.bind(answer.submittedAt, at: 5)
        statement.bind(answer.completedAt, at: 6)
        statement.bind(answer.hasWarnings ? 1 : 0, at: 7)
        let detail = try answer.detail.map { try request.key.seal($0, record: candidate.id, column: .detail) }
        statement.bind(copying: detail, at: 8)
        let sealed = try request.key.seal(answer.answer, record: candidate.id, column: .answer)
        statement.bind(copying: sealed, at: 9)
        statement.bind(answer.source, at: 10)
        try statement.run()
        pass(try settleFollowers(of: candidate.id, as: .reused), &progress, to: .reused)
    }

    /// Puts in doubt a record that is identical to one in doubt.
    func hold(_ candidate: ClaimCandidate, _ request: ClaimRequest, _ progress: inout ClaimProgress) throws {
        try unqueue(candidate, request)
        try claims.hold.run(candidate.id)
        let reason = Array("held: identical to a record in doubt".utf8)
        let detail = try request.key.seal(reason, record: candidate.id, column: .detail)
        try saveResult(of: candidate.id, detail: detail, at: request.now)
        pass(try settleFollowers(of: candidate.id, as: .inDoubt), &progress, to: .inDoubt)
    }

    /// Puts a record off for a while.
    func putOff(_ candidate: ClaimCandidate, _ request: ClaimRequest, _ progress: inout ClaimProgress) throws {
        try unqueue(candidate, request)
        try finishes.queue.run(request.batch.rawValue, request.dueBy + Self.waitForTwin, candidate.id)
        progress.result.passed += 1
    }

    private func pass(_ followers: BatchCounts?, _ progress: inout ClaimProgress, to status: RecordStatus) {
        if let followers { progress.counts.add(followers) }
        progress.counts.move(from: .queued, to: status)
        progress.result.passed += 1
        if status == .reused { progress.result.reused += 1 + (followers?.reused ?? 0) }
        if status == .inDoubt { progress.result.held += 1 + (followers?.inDoubt ?? 0) }
    }
}

/// A record whose request is the same as that of an earlier line of its batch.
struct RepeatedRecord: Sendable {
    let record: Int64
    let status: RecordStatus
    /// The first line with this request.
    let leader: Int64
    let leaderStatus: RecordStatus
}

extension RecordStore {
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
            let rows = try PreparedStatement(database, sql)
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
    /// Nothing is copied: a follower shows its leader's result, so a hundred thousand followers take one statement.
    ///
    /// - Returns: The change to the batch's counters; nil when there are no followers, which is nearly always.
    func settleFollowers(of leader: Int64, as status: RecordStatus) throws -> BatchCounts? {
        guard try firstInteger(follows.any, leader) != nil else { return nil }
        var counts = BatchCounts()
        let final: RecordStatus = status == .succeeded ? .reused : status
        follows.count.bind(leader, at: 1)
        follows.count.bind(final.code, at: 2)
        while try follows.count.step() {
            let old = try RecordStatus(code: follows.count.integer(0))
            let number = Int(follows.count.integer(1))
            counts.move(number, from: old, to: final)
            if old == .queued { counts.following -= number }
        }
        try follows.settle.run(leader, final.code, final == .inDoubt ? 1 : 0)
        return counts
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
    let any: PreparedStatement
    let count: PreparedStatement
    let settle: PreparedStatement
    let link: PreparedStatement
    let lead: PreparedStatement

    init(_ database: Database) throws {
        any = try PreparedStatement(
            database, "SELECT 1 FROM records INDEXED BY records_following WHERE follows = ?1 LIMIT 1")
        count = try PreparedStatement(
            database,
            """
            SELECT status, count(*) FROM records INDEXED BY records_following
            WHERE follows = ?1 AND status IN (0, 3, 4) AND status <> ?2 GROUP BY status
            """)
        settle = try PreparedStatement(
            database,
            """
            UPDATE records INDEXED BY records_following SET status = ?2, held = ?3, requeued = 0
            WHERE follows = ?1 AND status IN (0, 3, 4) AND status <> ?2
            """)
        link = try PreparedStatement(
            database,
            """
            UPDATE records SET follows = ?2, status = ?3, held = ?4, repeated = 1
            WHERE id = ?1 AND status = 0 AND follows IS NULL
            """)
        lead = try PreparedStatement(database, "UPDATE records SET repeated = 1 WHERE id = ?1 AND repeated = 0")
    }
}
