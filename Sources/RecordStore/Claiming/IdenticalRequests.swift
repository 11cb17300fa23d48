import Basics

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
        "coalesce(results.\(column), archived_results.\(column))"
    }
}

/// Identical records: which one is called, and which gets the other's answer.
extension WriterConnection {
    /// How long a record waits before it is considered again while an identical one is under way.
    private static let waitForTwin = Duration.seconds(1)

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
        if progress.isAnyInDoubt, try isHeld(candidate) { return .inDoubt }
        if since != nil, try isUnderWay(candidate, request, &progress.othersUnderWay) { return .wait }
        return .call
    }

    /// Compares with the other lines of the same request: an answered one is reused, one under way is waited for.
    private func verdictByRepeats(of candidate: ClaimCandidate, _ request: ClaimRequest) throws -> ClaimVerdict? {
        try writeOpened()
        let statement = identical.repeated
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
            identical.inDoubt.bind(unowned: fingerprint, at: 1)
            defer { identical.inDoubt.reset() }
            return try identical.inDoubt.step()
        }
        guard isDoubted, candidate.attempts > 0 else { return isDoubted }
        return try firstInteger(identical.perhapsBilled, candidate.id) == nil
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
        let statement = identical.underWay
        statement.bind(batch.records.lowerBound, at: 1)
        statement.bind(batch.records.upperBound, at: 2)
        var (found, batches) = (Set<[UInt8]>(), Set<BatchID>())
        while try statement.step() {
            found.insert(statement.bytes(0))
            batches.insert(RecordID(rawValue: statement.integer(1)).batch)
        }
        for other in batches { try keepAnswers(of: other) }
        return found
    }

    /// From here on a batch adds its answers where others look.
    func keepAnswers(of batch: BatchID) throws {
        try identical.keepAnswers.run(batch.rawValue)
        counters.rows[batch]?.keepsAnswers = true
    }

    /// The newest answer of an identical record given since a time; nil where there is none, or it can no longer be
    /// opened.
    private func answer(
        identicalTo candidate: ClaimCandidate, since: WallTime, _ request: ClaimRequest
    ) throws -> KeptAnswer? {
        let statement = identical.answered
        return try candidate.fingerprint.withUnsafeBytes { fingerprint in
            // Most are new, and need not be looked for in what was put away, which PostgreSQL has in many partitions.
            identical.isKnown.bind(unowned: fingerprint, at: 1)
            defer { identical.isKnown.reset() }
            guard try identical.isKnown.step() else { return nil }
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
                requestRefID: row.text(3), submittedAt: row.optionalTime(4), completedAt: row.time(5),
                hasWarnings: row.integer(6) == 1, detail: detail,
                answer: try key.open(row.bytes(8), record: source, column: .answer))
        } catch let error as StoreError where error.code == .altered {
            return nil
        }
    }

    /// A batch's key, read again each time: it may have been destroyed to erase the batch. Nil, too, where a lost key
    /// keeps it shut: its answers stand in for no call.
    private func key(of batch: BatchID, _ request: ClaimRequest) throws -> DataKey? {
        if batch == request.batch { return request.key }
        do {
            return try WrappedDataKey.fetch(database, batch)?.unwrap(with: request.keys)
        } catch let error as StoreError where [.keysFolder, .purged, .altered].contains(error.code) {
            return nil
        }
    }

    /// Gives a record the answer of an identical one, sealed again for its own place.
    func reuse(
        _ answer: KeptAnswer, for candidate: ClaimCandidate, _ request: ClaimRequest, _ progress: inout ClaimProgress
    ) throws {
        try unqueue(candidate, request)
        try identical.reuse.run(candidate.id)
        let statement = identical.saveReused
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
    func holdBack(_ candidate: ClaimCandidate, _ request: ClaimRequest, _ progress: inout ClaimProgress) throws {
        try unqueue(candidate, request)
        try identical.hold.run(candidate.id)
        let reason = Array("held: identical to a record in doubt".utf8)
        let detail = try request.key.seal(reason, record: candidate.id, column: .detail)
        try saveResult(of: candidate.id, detail: detail, at: request.now)
        pass(try settleFollowers(of: candidate.id, as: .inDoubt), &progress, to: .inDoubt)
    }

    /// Puts a record off for a while.
    func putOff(_ candidate: ClaimCandidate, _ request: ClaimRequest, _ progress: inout ClaimProgress) throws {
        try unqueue(candidate, request)
        let notBefore = request.dueBy + Self.waitForTwin
        try finishes.queue.run(request.batch.rawValue, notBefore.milliseconds, candidate.id)
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

/// The statements that compare a record with others of the same request.
struct IdenticalStatements {
    let anyInDoubt: PreparedStatement
    let inDoubt: PreparedStatement
    let perhapsBilled: PreparedStatement
    let hold: PreparedStatement
    let isKnown: PreparedStatement
    let answered: PreparedStatement
    let repeated: PreparedStatement
    let underWay: PreparedStatement
    let keepAnswers: PreparedStatement
    let reuse: PreparedStatement
    let saveReused: PreparedStatement

    init(_ database: StoreConnection) throws {
        anyInDoubt = try database.prepare(
            "SELECT 1 FROM records INDEXED BY records_in_doubt WHERE status = 4 AND held = 0 LIMIT 1")
        inDoubt = try database.prepare(
            """
            SELECT 1 FROM records INDEXED BY records_in_doubt
            WHERE fingerprint = ?1 AND status = 4 AND held = 0 LIMIT 1
            """)
        perhapsBilled = try database.prepare("SELECT 1 FROM attempts WHERE record_id = ?1 AND billable <> 0 LIMIT 1")
        hold = try database.prepare(
            "UPDATE records SET status = 4, held = 1, requeued = 0 WHERE id = ?1 AND status = 0")
        isKnown = try database.prepare("SELECT 1 FROM answers WHERE fingerprint = ?1 LIMIT 1")
        answered = try database.prepare(
            """
            SELECT answers.record_id, \(AnswerTables.columns)
            FROM \(AnswerTables.tables)
            WHERE answers.fingerprint = ?1 AND \(AnswerTables.serves(since: "?2"))
            ORDER BY answers.record_id DESC
            """)
        repeated = try database.prepare(
            """
            SELECT records.id, http_status, correlation_id, request_ref_id, submitted_at, completed_at, flagged, detail,
              answer, status
            FROM records INDEXED BY records_repeated LEFT JOIN results ON record_id = records.id
            WHERE fingerprint = ?1 AND repeated = 1 AND follows IS NULL AND status IN (1, 2, 6)
              AND records.id BETWEEN ?2 AND ?3
            ORDER BY status DESC
            """)
        underWay = try database.prepare(
            """
            SELECT fingerprint, record_id FROM attempts INDEXED BY one_open_attempt CROSS JOIN records ON records.id = record_id
            WHERE outcome IS NULL AND record_id NOT BETWEEN ?1 AND ?2
            """)
        keepAnswers = try database.prepare("UPDATE batches SET keeps_answers = 1 WHERE id = ?1 AND keeps_answers = 0")
        reuse = try database.prepare("UPDATE records SET status = 6, requeued = 0 WHERE id = ?1 AND status = 0")
        saveReused = try database.prepare(
            """
            INSERT INTO results (record_id, http_status, correlation_id, request_ref_id, submitted_at,
              completed_at, flagged, detail, answer, reused_from)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            ON CONFLICT (record_id) DO UPDATE SET
              http_status = excluded.http_status, reason_code = NULL, correlation_id = excluded.correlation_id,
              request_ref_id = excluded.request_ref_id, submitted_at = excluded.submitted_at,
              completed_at = excluded.completed_at, flagged = excluded.flagged, detail = excluded.detail,
              answer = excluded.answer, reused_from = excluded.reused_from
            """)
    }
}
