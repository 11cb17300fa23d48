package import Basics
import OpenSSL

extension RecordStore {
    /// An answer to a request, given since a time.
    static func answered(_ fingerprint: String, since: String) -> String {
        """
        SELECT 1 FROM \(AnswerTables.tables)
        WHERE answers.fingerprint = \(fingerprint) AND \(AnswerTables.serves(since: since))
        LIMIT 1
        """
    }

    /// A record in doubt with a request; `besides` is an additional condition on it, as `doubted`.
    static func inDoubt(_ fingerprint: String, besides: String = "1 = 1") -> String {
        """
        SELECT 1 FROM records AS doubted INDEXED BY records_in_doubt
        WHERE doubted.fingerprint = \(fingerprint) AND doubted.status = 4 AND doubted.held = 0 AND \(besides) LIMIT 1
        """
    }

    /// The fingerprint that identifies a request in this database.
    ///
    /// - Parameter canonicalRequest: The request in canonical form.
    /// - Returns: Its fingerprint.
    /// - Throws: An OpenSSL error.
    package func fingerprint(of canonicalRequest: UnsafeRawBufferPointer) throws -> RequestFingerprint {
        var code = [UInt8](repeating: 0, count: HMACSHA256.byteCount)
        try code.withUnsafeMutableBytes { try keys.fingerprints().code(for: canonicalRequest, into: $0) }
        return RequestFingerprint(bytes: Array(code.prefix(RecordChunk.fingerprintByteCount)))
    }

    /// What would become of requests if they were claimed now.
    ///
    /// - Parameters:
    ///   - requests: The requests' fingerprints; all are looked up in one transaction.
    ///   - since: The earliest time of an answer that may be reused; nil: none may.
    /// - Returns: One for each.
    /// - Throws: ``StoreError`` when the database can't be read.
    package func prospects(
        of requests: [RequestFingerprint], answeredSince since: WallTime?
    ) async throws -> [Prospect] {
        try await BlockingWork.run { try blockingReads.prospects(of: requests, answeredSince: since) }
    }

    /// What the queued records of a batch would need if nothing failed.
    ///
    /// - Parameters:
    ///   - batch: The batch, its file read.
    ///   - since: The earliest time of another batch's answer that may be reused; nil: none may.
    /// - Returns: How many would be called, and how many not.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notFound`` when there is no such batch.
    package func forecast(_ batch: BatchID, answeredSince since: WallTime?) async throws -> Forecast {
        let row = try await self.batch(batch)
        let since = row.reuses ? since : nil
        var forecast = Forecast()
        forecast.repeats = row.counts.following
        forecast.calls = row.counts.toCall
        guard forecast.calls > 0 else { return forecast }
        let sql = """
            SELECT count(CASE WHEN answered THEN 1 END), count(CASE WHEN NOT answered AND doubted AND NOT billed THEN 1 END),
              count(CASE WHEN NOT answered AND billed THEN 1 END)
            FROM (
              SELECT EXISTS (\(Self.answered("waiting.fingerprint", since: "?1"))) AS answered,
                EXISTS (\(Self.inDoubt("waiting.fingerprint"))) AS doubted,
                waiting.attempts > 0
                  AND EXISTS (SELECT 1 FROM attempts WHERE record_id = waiting.id AND billable <> 0) AS billed
              FROM records AS waiting
              WHERE waiting.id BETWEEN ?2 AND ?3 AND waiting.status = 0 AND waiting.follows IS NULL) AS prospects
            """
        let found = try await read { database in
            try StoredRow.fetchOne(
                database, sql: sql,
                arguments: [since ?? .distantFuture, batch.records.lowerBound, batch.records.upperBound])
        }
        forecast.reused = found?[0] ?? 0
        forecast.held = found?[1] ?? 0
        forecast.billedBefore = found?[2] ?? 0
        forecast.calls -= forecast.reused + forecast.held
        return forecast
    }
}

extension BlockingReads {
    /// What would become of requests if they were claimed now.
    ///
    /// - Parameters:
    ///   - requests: The requests' fingerprints; all are looked up in one transaction.
    ///   - since: The earliest time of an answer that may be reused; nil: none may.
    /// - Returns: One for each.
    /// - Throws: ``StoreError`` when the database can't be read.
    package func prospects(of requests: [RequestFingerprint], answeredSince since: WallTime?) throws -> [Prospect] {
        try store.readWaiting { database in
            let answered = try database.cached(RecordStore.answered("?1", since: "?2"))
            let inDoubt = try database.cached(RecordStore.inDoubt("?1"))
            return try requests.map { request in
                if let since, try Self.finds(answered, request, since) { return .reuse }
                return try Self.finds(inDoubt, request, nil) ? .hold : .call
            }
        }
    }

    private static func finds(
        _ statement: PreparedStatement, _ request: RequestFingerprint, _ since: WallTime?
    ) throws -> Bool {
        statement.bind(copying: request.bytes, at: 1)
        if let since { statement.bind(since, at: 2) }
        defer { statement.reset() }
        return try statement.step()
    }
}

/// What would become of a request if it were claimed now.
package enum Prospect: Sendable, Equatable {
    /// It would be called.
    case call
    /// It would get the answer of an identical record.
    case reuse
    /// It would be held, because an identical record is in doubt.
    case hold
}

/// What a batch's queued records would need if nothing failed.
package struct Forecast: Sendable, Equatable {
    /// Records that would be called, once each.
    package var calls = 0
    /// Records that would get an earlier batch's answer.
    package var reused = 0
    /// Records that would be held, because an identical one is in doubt.
    package var held = 0
    /// Records that would get the answer of an earlier line of the batch.
    package var repeats = 0
    /// Of those that would be called, those with an earlier call that was or may have been billed.
    package var billedBefore = 0

    /// Nothing queued.
    package init() {}
}
