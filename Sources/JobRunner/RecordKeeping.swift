internal import RecordStore

/// What the runner needs of the store, so that tests can let it fail at a moment of their choosing.
protocol RecordKeeping: Sendable {
    func batch(_ id: BatchID) throws -> Batch
    func claim(
        _ batch: BatchID, upTo count: Int, now: Int64, dueBy: Int64?, caps: CallCaps, of rerun: RerunNumber?,
        finishing completions: [Completion]
    ) async throws -> Claim
    func hastenRetries(of batch: BatchID, to latest: Int64) async throws
    func finish(_ completions: [Completion]) async throws -> Int
    func requeue(_ batch: BatchID, _ selection: RequeueSelection) async throws -> Int
    func moveBatch(
        _ batch: BatchID, from states: Set<BatchState>, to state: BatchState, reason: String?, noting action: Action?
    ) async throws -> Bool
    func progress(_ batch: BatchID) throws -> BatchCounts
    func awaitsCalls(_ batch: BatchID, of rerun: RerunNumber) throws -> Bool
    func learnAnswers() async throws
    func bringForward(_ batch: BatchID, of rerun: RerunNumber?) async throws -> [RecordID]
    func recentAnswers() throws -> [AnswerReference]
    func waitForRoom() async throws
    func limiterState() throws -> LimiterState?
    func saveLimiterState(_ state: LimiterState) async throws
}

extension RecordKeeping {
    /// The same by nobody's action.
    func moveBatch(
        _ batch: BatchID, from states: Set<BatchState>, to state: BatchState, reason: String?
    ) async throws -> Bool {
        try await moveBatch(batch, from: states, to: state, reason: reason, noting: nil)
    }
}

extension RecordStore: RecordKeeping {}
