extension WriterConnection {
    /// Takes records off the queue and opens their rows in the ledger. The rows are committed before anyone is told.
    func claim(_ request: ClaimRequest) throws -> ClaimResult {
        let row = try batchRow(request.batch)
        guard row.state == .running else {
            return ClaimResult(exhausted: row.queued == 0 && row.inFlight == 0, state: row.state)
        }
        let allowance = try allowance(request, row)
        var progress = ClaimProgress(cursor: row.cursor, attempt: try firstInteger(claims.lastAttempt) ?? 0)
        if row.toCall > 0, request.count > 0 {
            try take(request, upTo: allowance.count, from: row, &progress)
            try count(progress, request)
        }
        var result = progress.result
        let queued = row.queued + progress.counts.queued - result.records.count
        result.exhausted = queued == 0 && row.inFlight + result.records.count == 0
        if progress.isCapped { result.cappedBy = allowance.limitedBy }
        result.nextReadyAt = try nextReadyAt(request)
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
        progress.holds = try firstInteger(claims.anyInDoubt) != nil
        let mayReuse = row.reuses && request.caps.answeredSince != nil
        if mayReuse, !row.keepsAnswers { try claims.keepAnswers.run(request.batch.rawValue) }
        while progress.hasRoom(for: request) {
            let page = try candidates(request, progress)
            for candidate in page.candidates {
                switch try verdict(on: candidate, request, row, &progress) {
                // Not one call above what the caps allow: it stays where it is.
                case .call where progress.result.records.count == allowed:
                    progress.isCapped = true
                    return try advance(request, progress)
                case .call: try open(candidate, request, &progress)
                case .hold: try hold(candidate, request, &progress)
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
        try advance(request, progress)
    }

    private func nextReadyAt(_ request: ClaimRequest) throws -> Int64? {
        guard let rerun = request.rerun else { return try firstInteger(claims.nextReady, request.batch.rawValue) }
        claims.nextReadyOfRerun.bind(rerun.rawValue, at: 2)
        return try firstInteger(claims.nextReadyOfRerun, request.batch.rawValue)
    }

    /// Retries that are due first, then untried lines, which are no re-run's.
    private func candidates(
        _ request: ClaimRequest, _ progress: ClaimProgress
    ) throws -> (candidates: [ClaimCandidate], isLast: Bool) {
        let count = request.count - progress.result.records.count
        if let rerun = request.rerun {
            claims.dueOfRerun.bind(rerun.rawValue, at: 4)
            let found = try fetch(claims.dueOfRerun, request.batch.rawValue, request.dueBy, count)
            return (found, found.count < count)
        }
        var found = try fetch(claims.due, request.batch.rawValue, request.dueBy, count)
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
        try claims.putInFlight.run(candidate.id)
        progress.attempt += 1
        let statement = claims.openAttempt
        statement.bind(candidate.id, at: 1)
        statement.bind(progress.attempt, at: 2)
        statement.bind(candidate.ledgerRows + 1, at: 3)
        statement.bind(request.caps.day.rawValue, at: 4)
        statement.bind(request.now, at: 5)
        try statement.run()
        progress.result.records.append(
            SealedClaim(
                id: RecordID(rawValue: candidate.id), attempt: AttemptID(rawValue: progress.attempt),
                number: Int(candidate.ledgerRows + 1), spentAttempts: Int(candidate.spent),
                payload: candidate.payload))
    }

    /// Takes a retry out of the ready ones; an untried line is passed by the batch's cursor.
    func unqueue(_ candidate: ClaimCandidate, _ request: ClaimRequest) throws {
        guard let notBefore = candidate.notBefore else { return }
        try claims.removeReady.run(request.batch.rawValue, notBefore, candidate.id)
    }

    private func advance(_ request: ClaimRequest, _ progress: ClaimProgress) throws {
        try batches.advance.run(request.batch.rawValue, progress.cursor, request.now)
        guard !progress.result.records.isEmpty else { return }
        try claims.setLastAttempt.run(progress.attempt)
        claimedUpTo = max(claimedUpTo ?? 0, progress.attempt)
    }

    private func count(_ progress: ClaimProgress, _ request: ClaimRequest) throws {
        let claimed = progress.result.records.count
        var counts = progress.counts
        counts.move(claimed, from: .queued, to: .inFlight)
        counts.attempts = claimed
        counts.calls = claimed
        try add(counts, to: request.batch)
        guard claimed > 0 else { return }
        let day = request.caps.day.rawValue
        try claims.addCalls.run(day, Int64(claimed))
        try claims.addLedgerDay.run(day, request.batch.rawValue, Int64(claimed))
    }

    /// The cap that leaves no room for one more call that is no batch's.
    func capReached(_ caps: CallCaps) throws -> Cap? {
        let shared = CallCaps(daily: caps.daily, monthly: caps.monthly, day: caps.day)
        return CallAllowance(
            wanted: 1, caps: shared, batchCalls: 0, dayCalls: try calls(on: caps.day),
            monthCharged: try charged(inMonthOf: caps.day)
        ).limitedBy
    }

    private func calls(on day: CallDay) throws -> Int {
        Int(try firstInteger(claims.callsOfDay, day.rawValue) ?? 0)
    }

    private func charged(inMonthOf day: CallDay) throws -> Int {
        claims.chargedOfMonth.bind(day.month.upperBound, at: 2)
        return Int(try firstInteger(claims.chargedOfMonth, day.month.lowerBound) ?? 0)
    }

    /// The first column of a statement's first row; nil when there is none.
    func firstInteger(_ statement: PreparedStatement, _ parameter: Int64? = nil) throws -> Int64? {
        if let parameter { statement.bind(parameter, at: 1) }
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        return statement.integer(0)
    }
}
