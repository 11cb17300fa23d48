/// What an operator asks of the runner. It is recorded in the transaction of what the operator did: whoever sees the
/// effect finds the request.
package struct RunnerRequest: Sendable, Equatable {
    /// What the runner is to do.
    package enum Kind: String, Sendable, CaseIterable {
        /// Look at the batch again; without a batch, at all of them.
        case look
        /// The same, and read settings, jobs and keys again and open the gate: the cause of a halt is said to be fixed.
        case renew
    }

    /// Its number; a later request has a higher one.
    package let number: Int64
    /// What the runner is to do.
    package let kind: Kind
    /// The batch it concerns.
    package let batch: BatchID?
    /// What the operator did, for the log.
    package let action: Action.Name
    /// The operator, for the log.
    package let user: String
}

extension RecordStore {
    /// The requests made since a given one, the earliest first. Only the last thousand are kept.
    ///
    /// - Parameter number: The number of the last known request.
    /// - Returns: The requests.
    /// - Throws: ``StoreError`` when the database can't be read.
    package func runnerRequests(after number: Int64) async throws -> [RunnerRequest] {
        let sql = "SELECT id, kind, batch_id, action, \"user\" FROM runner_requests WHERE id > ? ORDER BY id"
        return try await read { try StoredRow.fetchAll($0, sql: sql, arguments: [number]).map(RunnerRequest.init) }
    }

    /// The number of the last request; 0 before the first.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func lastRunnerRequest() async throws -> Int64 {
        try await read { try Int64.fetchOne($0, sql: "SELECT max(id) FROM runner_requests") ?? 0 }
    }
}

extension RunnerRequest {
    fileprivate init(_ row: StoredRow) throws {
        self.init(
            number: row[0], kind: try Kind(column: row[1]), batch: (row[2] as Int64?).map(BatchID.init(rawValue:)),
            action: try Action.Name(column: row[3]), user: row[4])
    }
}

extension Action.Name {
    /// What a runner is asked for by it; nil for what no operator does, or what a runner needn't know.
    fileprivate var request: RunnerRequest.Kind? {
        switch self {
        case .resume: .renew
        case .start, .pause, .cancel, .rerun, .resolve, .results, .doctor, .resumeAfterRestore: .look
        case .rerunByJob, .rerunWaits, .recoverCrash, .recoverRestored, .doubtUnknown, .startRunner, .readRecords,
            .export, .backup, .restore, .purge, .forget, .rotate, .makePeriodKeys, .logIn, .upload, .drainNode,
            .retireNode, .moveBatches, .move, .migrate, .unknown:
            nil
        }
    }
}

extension WriterConnection {
    /// The newest requests that are kept. A runner looks for new ones within `daemon.poll`, so it misses none of them.
    private static let requestsKept: Int64 = 1_000

    /// Records what is asked of a runner by what an operator did, if anything.
    func request(by action: Action) throws {
        guard let kind = action.name.request else { return }
        let number = try Int64.fetchOne(
            database,
            sql: """
                INSERT INTO runner_requests (at, kind, batch_id, action, "user") VALUES (?, ?, ?, ?, ?) RETURNING id
                """,
            arguments: [
                action.at, kind.rawValue, action.batch?.rawValue, action.name.rawValue, action.provenance.user,
            ])
        guard let number else { return }
        try database.execute(
            sql: "DELETE FROM runner_requests WHERE id <= ?", arguments: [number - Self.requestsKept])
    }
}
