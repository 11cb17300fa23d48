import Basics

extension WriterConnection {
    /// Takes records off the queue and opens their ledger rows. The rows are committed before the caller gets the
    /// result.
    func claim(_ request: ClaimRequest) throws -> ClaimResult {
        let row = try rowInGroup(of: request.batch)
        guard row.state == .running else {
            return ClaimResult(exhausted: row.queued == 0 && row.inFlight == 0, state: row.state)
        }
        let last = try firstInteger(claims.lastAttempt) ?? 0
        if let call = node?.journal.lastCall, last < call.attempt.rawValue { throw CallsLostByServer() }
        var request = request
        var permit: NodePermit?
        var retryIn: Duration?
        var obstacle: String?
        if let node, row.toCall > 0, request.count > 0 {
            switch try admit(node, to: row.home, request) {
            case .permit(let given):
                if given.plan.count < request.count { retryIn = given.plan.wait(taken: given.plan.count) }
                (permit, request.count) = (given, given.plan.count)
            case .wait(let wait, let reason): (retryIn, request.count, obstacle) = (wait, 0, reason)
            }
        }
        let allowance = try allowance(request, row)
        var progress = ClaimProgress(cursor: row.cursor, attempt: last)
        progress.permit = permit
        if row.toCall > 0, request.count > 0 {
            try take(request, upTo: allowance.count, from: row, &progress)
            count(progress, request)
            if let permit { try take(progress.result.records.count, of: permit) }
        }
        var result = progress.result
        (result.standing, result.obstacle) = (standing, obstacle)
        let queued = row.queued + progress.counts.queued - result.records.count
        result.exhausted = queued == 0 && row.inFlight + result.records.count == 0
        if progress.isCapped { result.cappedBy = allowance.limitedBy }
        result.nextReadyAt = try nextReadyAt(request)
        if let retryIn, !progress.isCapped, queued > 0 {
            result.nextReadyAt = min(result.nextReadyAt ?? .distantFuture, request.dueBy + retryIn)
        }
        return result
    }

    /// What a claim brings that is to be made again soon.
    func nothing(for request: ClaimRequest) throws -> ClaimResult {
        var result = ClaimResult(state: try rowInGroup(of: request.batch).state)
        result.nextReadyAt = request.dueBy + Self.poll
        return result
    }

    private func allowance(_ request: ClaimRequest, _ row: BatchRow) throws -> CallAllowance {
        let caps = request.caps
        return CallAllowance(
            wanted: request.count, caps: caps, batchCalls: row.calls,
            dayCalls: caps.daily == nil ? 0 : try calls(on: caps.day),
            monthCharged: caps.monthly == nil ? 0 : try charged(inMonthOf: caps.day))
    }

    private func take(
        _ request: ClaimRequest, upTo allowed: Int, from row: BatchRow, _ progress: inout ClaimProgress
    ) throws {
        progress.isAnyInDoubt = try firstInteger(identical.anyInDoubt) != nil
        let mayReuse = row.reuses && request.caps.answeredSince != nil
        if mayReuse, !row.keepsAnswers { try keepAnswers(of: request.batch) }
        while progress.hasRoom(for: request) {
            try writeOpened()
            let page = try candidates(request, progress)
            for candidate in page.candidates {
                switch try verdict(on: candidate, request, row, &progress) {
                // Not one call above what the caps allow: the record stays where it is.
                case .call where progress.result.records.count == allowed:
                    progress.isCapped = true
                    return try writeTaken(progress)
                case .call: try open(candidate, request, &progress)
                case .inDoubt: try holdBack(candidate, request, &progress)
                case .wait: try putOff(candidate, request, &progress)
                case .reuse(let answer): try reuse(answer, for: candidate, request, &progress)
                }
                progress.cursor = candidate.notBefore == nil ? candidate.id : progress.cursor
            }
            // Fewer than asked for: the rest holds nothing queued, and need not be searched again.
            guard !page.isLast else {
                if request.rerun == nil { progress.cursor = request.batch.records.upperBound }
                break
            }
        }
        try writeTaken(progress)
    }

    private func nextReadyAt(_ request: ClaimRequest) throws -> WallTime? {
        let statement = request.rerun == nil ? claims.nextReady : claims.nextReadyOfRerun
        if let rerun = request.rerun { statement.bind(rerun.rawValue, at: 2) }
        return try firstInteger(statement, request.batch.rawValue).map(WallTime.init(milliseconds:))
    }

    /// Retries that are due first, then untried lines, which belong to no re-run.
    private func candidates(
        _ request: ClaimRequest, _ progress: ClaimProgress
    ) throws -> (candidates: [ClaimCandidate], isLast: Bool) {
        let count = request.count - progress.result.records.count
        if let rerun = request.rerun {
            claims.dueOfRerun.bind(rerun.rawValue, at: 4)
            let found = try fetch(claims.dueOfRerun, request.batch.rawValue, request.dueBy.milliseconds, count)
            return (found, found.count < count)
        }
        var found = try fetch(claims.due, request.batch.rawValue, request.dueBy.milliseconds, count)
        let last = request.batch.records.upperBound
        if found.count < count, progress.cursor < last {
            found += try fetch(claims.untried, progress.cursor, last, count - found.count)
        }
        return (found, found.count < count)
    }

    private func fetch(
        _ statement: PreparedStatement, _ first: Int64, _ second: Int64, _ count: Int
    ) throws -> [ClaimCandidate] {
        statement.bind(first, at: 1)
        statement.bind(second, at: 2)
        statement.bind(Int64(count), at: 3)
        var found: [ClaimCandidate] = []
        while try statement.step() { found.append(ClaimCandidate(statement)) }
        return found
    }

    private func open(
        _ candidate: ClaimCandidate, _ request: ClaimRequest, _ progress: inout ClaimProgress
    ) throws {
        guard progress.attempt < .max else {
            throw StoreError(
                .damaged, "The ledger can count no further: its last number, or that of the .mark file, is damaged")
        }
        try unqueue(candidate, request)
        claims.putInFlight.row.bind(candidate.id, at: 1)
        try claims.putInFlight.add()
        progress.attempt += 1
        let statement = claims.openAttempt.row
        statement.bind(candidate.id, at: 1)
        statement.bind(progress.attempt, at: 2)
        statement.bind(candidate.ledgerRows + 1, at: 3)
        statement.bind(request.caps.day.rawValue, at: 4)
        statement.bind(request.now, at: 5)
        let window = progress.permit.map { bind($0, slot: progress.result.records.count, to: statement) }
        try claims.openAttempt.add()
        let (record, attempt) = (RecordID(rawValue: candidate.id), AttemptID(rawValue: progress.attempt))
        claimed.append(ClaimedAttempt(record: record, attempt: attempt, day: request.caps.day))
        // The node owns this attempt now. Where the transaction is rolled back the number stays owned, which does no harm: it
        // is given again. Where nobody can tell whether it lasts, the process ends.
        node?.own(attempt, sealedBy: request.key)
        progress.result.records.append(
            SealedClaim(
                id: record, attempt: attempt, number: Int(candidate.ledgerRows + 1),
                spentAttempts: Int(candidate.spent), payload: candidate.payload, window: window))
    }

    /// Enters whose the attempt is and when it may leave.
    private func bind(_ permit: NodePermit, slot index: Int, to statement: PreparedStatement) -> SendingWindow {
        statement.bind(node?.number, at: 6)
        statement.bind(node?.epoch, at: 7)
        statement.bind(copying: permit.claim, at: 8)
        let slot = permit.plan.slot(index)
        statement.bind(slot.microseconds, at: 9)
        statement.bind((slot + SlotPlan.length).microseconds, at: 10)
        return permit.plan.window(index, before: permit.before, after: permit.after)
    }

    /// Takes a retry out of the ready ones; an untried line is passed by the batch's cursor.
    func unqueue(_ candidate: ClaimCandidate, _ request: ClaimRequest) throws {
        guard let notBefore = candidate.notBefore else { return }
        try claims.removeReady.run(request.batch.rawValue, notBefore.milliseconds, candidate.id)
    }

    /// Writes what has been opened, before anything reads it.
    func writeOpened() throws {
        try claims.putInFlight.flush()
        try claims.openAttempt.flush()
    }

    /// Writes what was taken, and where the ledger's numbers have come to.
    private func writeTaken(_ progress: ClaimProgress) throws {
        try writeOpened()
        guard !progress.result.records.isEmpty else { return }
        try claims.setLastAttempt.run(progress.attempt)
    }

    private func count(_ progress: ClaimProgress, _ request: ClaimRequest) {
        let claimed = progress.result.records.count
        var counts = progress.counts
        counts.move(claimed, from: .queued, to: .inFlight)
        counts.attempts = claimed
        counts.calls = claimed
        counters.add(counts, of: request, cursor: progress.cursor, opened: claimed)
    }

    /// The cap that does not allow one more call outside any batch.
    func capReached(_ caps: CallCaps) throws -> Cap? {
        let shared = CallCaps(daily: caps.daily, monthly: caps.monthly, day: caps.day)
        return CallAllowance(
            wanted: 1, caps: shared, batchCalls: 0, dayCalls: try calls(on: caps.day),
            monthCharged: try charged(inMonthOf: caps.day)
        ).limitedBy
    }

    private func calls(on day: CallDay) throws -> Int {
        Int(try firstInteger(claims.callsOfDay, day.rawValue) ?? 0) + (counters.callDays[day]?.calls ?? 0)
    }

    private func charged(inMonthOf day: CallDay) throws -> Int {
        claims.chargedOfMonth.bind(day.month.upperBound, at: 2)
        let stored = Int(try firstInteger(claims.chargedOfMonth, day.month.lowerBound) ?? 0)
        return counters.callDays.filter { day.month.contains($0.key.rawValue) }.reduce(stored) { $0 + $1.value.charged }
    }

    /// The first column of a statement's first row; nil when there is none.
    func firstInteger(_ statement: PreparedStatement, _ parameter: Int64? = nil) throws -> Int64? {
        if let parameter { statement.bind(parameter, at: 1) }
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        return statement.integer(0)
    }
}

/// The progress of one claim.
struct ClaimProgress {
    /// The most records that one claim answers, holds or puts off without a call, unless more calls are asked for: each
    /// is written in the same transaction.
    private static let mostPassed = 256

    var result = ClaimResult()
    /// What it changes in the batch's counters, apart from the claimed records.
    var counts = BatchCounts()
    /// Untried lines after this record are queued.
    var cursor: Int64
    /// The last attempt's id.
    var attempt: Int64
    /// Whether any record is in doubt, so that one identical to it may have to be held.
    var isAnyInDoubt = false
    /// What a node may claim; nil where there is one runner only.
    var permit: NodePermit?
    /// Whether a record was left because the caps allow no further call.
    var isCapped = false
    /// The fingerprints of other batches' records under way, once they were needed.
    var othersUnderWay: Set<[UInt8]>?

    init(cursor: Int64, attempt: Int64) {
        self.cursor = cursor
        self.attempt = attempt
    }

    /// Whether the claim continues.
    func hasRoom(for request: ClaimRequest) -> Bool {
        result.records.count < request.count && result.passed < max(request.count, Self.mostPassed)
    }
}

/// A queued record that a claim considers.
struct ClaimCandidate {
    let id: Int64
    let spent: Int64
    let attempts: Int64
    let fingerprint: [UInt8]
    let payload: [UInt8]
    let ledgerRows: Int64
    /// When it fell due; nil for an untried record.
    let notBefore: WallTime?
    /// Whether it is queued again and its request stands in the batch more than once.
    let isRepeated: Bool

    init(_ row: PreparedStatement) {
        id = row.integer(0)
        spent = row.integer(1)
        attempts = row.integer(2)
        fingerprint = row.bytes(3)
        payload = row.bytes(4)
        ledgerRows = row.integer(5)
        notBefore = row.optionalTime(6)
        isRepeated = row.integer(7) == 1
    }
}

/// What a claim does with a queued record.
enum ClaimVerdict {
    /// It is called.
    case call
    /// It is put in doubt without a call, because an identical one is in doubt.
    case inDoubt
    /// It waits until an identical one that is under way is settled.
    case wait
    /// It gets the answer of an identical one.
    case reuse(KeptAnswer)
}

/// The statements that take records off the queue.
struct ClaimStatements {
    let due: PreparedStatement
    let dueOfRerun: PreparedStatement
    let untried: PreparedStatement
    let removeReady: PreparedStatement
    let nextReady: PreparedStatement
    let nextReadyOfRerun: PreparedStatement
    let putInFlight: RowsStatement
    let openAttempt: RowsStatement
    let lastAttempt: PreparedStatement
    let setLastAttempt: PreparedStatement
    let callsOfDay: PreparedStatement
    let chargedOfMonth: PreparedStatement

    init(_ database: StoreConnection, isOfNode: Bool) throws {
        due = try database.prepare(Self.due())
        dueOfRerun = try database.prepare(Self.due(and: "requeued = ?4"))
        untried = try database.prepare(isOfNode ? Self.untriedLinesOfNodes : Self.untriedLines)
        removeReady = try database.prepare(
            "DELETE FROM ready WHERE batch_id = ?1 AND not_before = ?2 AND record_id = ?3")
        nextReady = try database.prepare(
            """
            SELECT not_before FROM ready WHERE batch_id = ?1 AND not_before < \(NextStep.behindAll.milliseconds)
            ORDER BY not_before LIMIT 1
            """)
        nextReadyOfRerun = try database.prepare(
            """
            SELECT not_before FROM ready CROSS JOIN records ON records.id = record_id
            WHERE batch_id = ?1 AND requeued = ?2 AND not_before < \(NextStep.behindAll.milliseconds) ORDER BY not_before LIMIT 1
            """)
        putInFlight = try RowsStatement(
            database, "UPDATE records SET status = 1 WHERE id = ?1 AND status = 0", [.integer])
        openAttempt = try RowsStatement(
            database, Self.opening(isOfNode: isOfNode),
            Array(repeating: .integer, count: 5) + (isOfNode ? [.integer, .integer, .bytes, .integer, .integer] : []))
        lastAttempt = try database.prepare("SELECT last_attempt FROM ledger_position")
        setLastAttempt = try database.prepare("UPDATE ledger_position SET last_attempt = ?1")
        callsOfDay = try database.prepare("SELECT calls FROM call_days WHERE day = ?1")
        chargedOfMonth = try database.prepare(Self.charged)
    }

    /// Lines behind a place that were not tried yet.
    static let untriedLines = """
        SELECT id, spent, attempts, fingerprint, payload, 0, NULL, 0 FROM records
        WHERE id > ?1 AND id <= ?2 AND status = 0 AND follows IS NULL AND requeued = 0 ORDER BY id LIMIT ?3
        """

    /// The same where a server may have lost a claim of lines, and with it how far that had come: their calls were entered
    /// again, and one that never left waits among the ready.
    static let untriedLinesOfNodes = untriedLines.replacing(
        "ORDER BY id", with: "AND NOT EXISTS (SELECT 1 FROM ready WHERE ready.record_id = records.id) ORDER BY id")

    /// The calls of some days that count as paid, of which a budget of money is made.
    static let charged = "SELECT sum(charged) FROM call_days WHERE day BETWEEN ?1 AND ?2"

    /// Opens an attempt; that of a node says whose it is, and when it may leave.
    private static func opening(isOfNode: Bool) -> String {
        let node = ["node_id", "epoch", "claim_id", "slot_us", "send_until_us"]
        let columns = ["record_id", "id", "number", "day", "started_at"] + (isOfNode ? node : [])
        let places = columns.indices.map { "?\($0 + 1)" }
        return """
            INSERT INTO attempts (\(columns.joined(separator: ", "))) VALUES (\(places.joined(separator: ", ")))
            """
    }

    /// Due records, with an additional condition.
    private static func due(and condition: String = "1 = 1") -> String {
        """
        SELECT records.id, spent, attempts, fingerprint, payload,
          (SELECT count(*) FROM attempts WHERE record_id = records.id), not_before, repeated
        FROM ready CROSS JOIN records ON records.id = record_id
        WHERE batch_id = ?1 AND not_before <= ?2 AND \(condition) ORDER BY not_before, record_id LIMIT ?3
        """
    }
}
