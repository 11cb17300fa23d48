/// Identical records: which is called, and which gets the other's answer.
extension WriterConnection {
    /// How long a record waits before it is looked at again while an identical one is under way, in milliseconds.
    private static let waitForTwin: Int64 = 1_000

    /// What is done with a record whose turn it is.
    ///
    /// An untried line is compared with earlier batches only where these may serve; its own batch's repeats are known
    /// since it was taken in. One that is queued again and has such repeats is compared with them: they may have been
    /// answered since, or be under way.
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

    /// What the other lines with its request say: one that is answered serves, one that is under way is waited for.
    private func verdictByRepeats(of candidate: ClaimCandidate, _ request: ClaimRequest) throws -> ClaimVerdict? {
        let statement = claims.identicalRepeated
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
            claims.identicalInDoubt.bind(unowned: fingerprint, at: 1)
            defer { claims.identicalInDoubt.reset() }
            return try claims.identicalInDoubt.step()
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

    /// From here on their batches put their answers where this one looks, whatever their jobs say: it waits for them.
    private func fingerprintsUnderWay(besides batch: BatchID) throws -> Set<[UInt8]> {
        let statement = claims.underWay
        statement.bind(batch.records.lowerBound, at: 1)
        statement.bind(batch.records.upperBound, at: 2)
        var (found, batches) = (Set<[UInt8]>(), Set<BatchID>())
        while try statement.step() {
            found.insert(statement.bytes(0))
            batches.insert(RecordID(rawValue: statement.integer(1)).batch)
        }
        for other in batches { try claims.keepAnswers.run(other.rawValue) }
        return found
    }

    /// The newest answer of an identical record that was given since a time; nil where there is none, or it can't be
    /// opened any more.
    private func answer(
        identicalTo candidate: ClaimCandidate, since: Int64, _ request: ClaimRequest
    ) throws -> KeptAnswer? {
        let statement = claims.identicalAnswered
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

    /// A batch's key, read anew each time: it may have been destroyed to erase the batch.
    private func key(of batch: BatchID, _ request: ClaimRequest) throws -> DataKey? {
        if batch == request.batch { return request.key }
        return try WrappedDataKey.fetch(database, batch)?.unwrap(with: request.sealingKey)
    }

    /// Gives a record the answer of an identical one, sealed anew in its own place.
    func reuse(
        _ answer: KeptAnswer, for candidate: ClaimCandidate, _ request: ClaimRequest, _ progress: inout ClaimProgress
    ) throws {
        try unqueue(candidate, request)
        try claims.reuse.run(candidate.id)
        let statement = claims.saveReused
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

    /// Puts a record in doubt that is identical to one in doubt.
    func hold(_ candidate: ClaimCandidate, _ request: ClaimRequest, _ progress: inout ClaimProgress) throws {
        try unqueue(candidate, request)
        try claims.hold.run(candidate.id)
        let reason = Array("held: identical to a record in doubt".utf8)
        let detail = try request.key.seal(reason, record: candidate.id, column: .detail)
        try saveResult(of: candidate.id, detail: detail, at: request.now)
        pass(try settleFollowers(of: candidate.id, as: .inDoubt), &progress, to: .inDoubt)
    }

    /// Leaves a record for a while.
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
