import GRDB

extension RecordStore {
    /// What records would take that are to be queued again, were nothing to go wrong.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - selection: Which of its records.
    ///   - since: From when on an answer of another batch may serve; nil: none may.
    /// - Returns: How many would be called, and how many not.
    /// - Throws: ``StoreError`` with ``StoreError/Code/notFound`` when there is no such batch.
    public func forecast(
        _ batch: BatchID, requeueing selection: RequeueSelection, answeredSince since: Int64?
    ) async throws -> Forecast {
        try await bringBack(batch)
        let since = try self.batch(batch).reuses ? since : nil
        var (rows, arguments) = selection.rows(of: batch)
        arguments += [
            "limit": selection.limit ?? -1, "since": since ?? .max, "from": batch.records.lowerBound,
            "to": batch.records.upperBound,
        ]
        // Those that share a line's end share its next call, too. Who holds them within the batch may be sent with them.
        let others = "doubted.id NOT BETWEEN :from AND :to"
        let sql = """
            SELECT count(*), sum(number), sum(answered), sum(NOT answered AND doubted) FROM (
              SELECT number, EXISTS (\(Self.answered("again.fingerprint", since: ":since"))) AS answered,
                EXISTS (\(Self.inDoubt("again.fingerprint", besides: others))) AND NOT again.billed AS doubted
              FROM (
                SELECT fingerprint, count(*) AS number,
                  EXISTS (SELECT 1 FROM attempts WHERE record_id = leader AND billable <> 0) AS billed
                FROM (
                  SELECT fingerprint, ifnull(follows, id) AS leader FROM \(rows) ORDER BY id LIMIT :limit)
                GROUP BY leader) AS again)
            """
        let found = try read { try Row.fetchOne($0, sql: sql, arguments: arguments) }
        guard let found, let groups: Int = found[0], groups > 0 else { return Forecast() }
        var forecast = Forecast()
        (forecast.reused, forecast.held) = (found[2], found[3])
        forecast.calls = groups - forecast.reused - forecast.held
        forecast.repeats = found[1] - groups
        return forecast
    }
}
