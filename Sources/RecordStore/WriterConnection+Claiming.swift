extension WriterConnection {
    /// Takes records off the queue and opens their rows in the ledger. The rows are committed before anyone is told.
    func claim(_ request: ClaimRequest) throws -> ClaimResult {
        let row = try batchRow(request.batch)
        guard row.state == .running else {
            return ClaimResult(exhausted: row.queued == 0 && row.inFlight == 0, state: row.state)
        }
        let allowance = CallAllowance(
            wanted: request.count, caps: request.caps, batchCalls: row.calls, dayCalls: try calls(on: request.caps.day))
        var result = ClaimResult()
        if row.queued > 0, allowance.count > 0 {
            result = try take(request, upTo: allowance.count, from: row)
            try count(result, request)
        }
        let queued = row.queued - result.records.count - result.held
        result.exhausted = queued == 0 && row.inFlight + result.records.count == 0
        if queued > 0, result.records.count == allowance.count { result.cappedBy = allowance.limitedBy }
        result.nextReadyAt = try firstInteger(claims.nextReady, request.batch.rawValue)
        return result
    }

    private func take(_ request: ClaimRequest, upTo count: Int, from row: BatchRow) throws -> ClaimResult {
        var result = ClaimResult()
        var cursor = row.cursor
        var attempt = try firstInteger(claims.lastAttempt) ?? 0
        let holds = try firstInteger(claims.anyInDoubt) != nil
        while result.records.count < count {
            let candidates = try candidates(request, upTo: count - result.records.count, after: &cursor)
            if candidates.isEmpty { break }
            for candidate in candidates {
                if holds, try isHeld(candidate) {
                    try hold(candidate, request)
                    result.held += 1
                } else {
                    attempt += 1
                    result.records.append(try open(candidate, attempt, request))
                }
            }
        }
        try advance(request, cursor: cursor, attempt: attempt)
        return result
    }

    /// Retries that are due first, then untried lines.
    private func candidates(
        _ request: ClaimRequest, upTo count: Int, after cursor: inout Int64
    ) throws -> [ClaimCandidate] {
        var found = try fetch(claims.due, request.batch.rawValue, request.now, count)
        for candidate in found {
            try claims.removeReady.run(request.batch.rawValue, candidate.notBefore, candidate.id)
        }
        let last = request.batch.records.upperBound
        if found.count < count, cursor < last {
            let wanted = count - found.count
            let untried = try fetch(claims.untried, cursor, last, wanted)
            // Fewer than asked for: the rest holds nothing queued, and need not be searched again.
            cursor = untried.count == wanted ? untried.last?.id ?? last : last
            found += untried
        }
        return found
    }

    private func fetch(
        _ statement: HotStatement, _ first: Int64, _ second: Int64, _ count: Int
    ) throws -> [ClaimCandidate] {
        statement.bind(first, at: 1)
        statement.bind(second, at: 2)
        statement.bind(Int64(count), at: 3)
        var found: [ClaimCandidate] = []
        while try statement.step() { found.append(ClaimCandidate(statement)) }
        return found
    }

    /// Only a record that was never sent is held: one that was is being repeated by decision, not by accident.
    private func isHeld(_ candidate: ClaimCandidate) throws -> Bool {
        guard candidate.attempts == 0 else { return false }
        return try candidate.fingerprint.withUnsafeBytes { fingerprint in
            claims.identicalInDoubt.bind(unowned: fingerprint, at: 1)
            defer { claims.identicalInDoubt.reset() }
            return try claims.identicalInDoubt.step()
        }
    }

    private func hold(_ candidate: ClaimCandidate, _ request: ClaimRequest) throws {
        try claims.hold.run(candidate.id)
        let reason = Array("held: identical to a record in doubt".utf8)
        let detail = try request.key.seal(reason, record: candidate.id, column: .detail)
        try saveResult(of: candidate.id, detail: detail, at: request.now)
    }

    private func open(_ candidate: ClaimCandidate, _ attempt: Int64, _ request: ClaimRequest) throws -> SealedClaim {
        try claims.putInFlight.run(candidate.id)
        let statement = claims.openAttempt
        statement.bind(candidate.id, at: 1)
        statement.bind(attempt, at: 2)
        statement.bind(candidate.ledgerRows + 1, at: 3)
        statement.bind(request.caps.day.rawValue, at: 4)
        statement.bind(request.now, at: 5)
        try statement.run()
        return SealedClaim(
            id: RecordID(rawValue: candidate.id), attempt: AttemptID(rawValue: attempt),
            number: Int(candidate.ledgerRows + 1), spentAttempts: Int(candidate.spent), payload: candidate.payload)
    }

    private func advance(_ request: ClaimRequest, cursor: Int64, attempt: Int64) throws {
        try batches.advance.run(request.batch.rawValue, cursor, request.now)
        try claims.setLastAttempt.run(attempt)
        claimedUpTo = max(claimedUpTo ?? 0, attempt)
    }

    private func count(_ result: ClaimResult, _ request: ClaimRequest) throws {
        var counts = BatchCounts()
        counts.move(result.records.count, from: .queued, to: .inFlight)
        counts.move(result.held, from: .queued, to: .inDoubt)
        counts.attempts = result.records.count
        counts.calls = result.records.count
        try add(counts, to: request.batch)
        if counts.calls > 0 { try claims.addCalls.run(request.caps.day.rawValue, Int64(counts.calls)) }
    }

    private func calls(on day: CallDay) throws -> Int {
        Int(try firstInteger(claims.callsOfDay, day.rawValue) ?? 0)
    }

    /// The first column of a statement's first row; nil when there is none.
    func firstInteger(_ statement: HotStatement, _ parameter: Int64? = nil) throws -> Int64? {
        if let parameter { statement.bind(parameter, at: 1) }
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        return statement.integer(0)
    }
}
