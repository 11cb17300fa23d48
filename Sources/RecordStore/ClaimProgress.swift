/// How far one claim has come.
struct ClaimProgress {
    /// Records that one claim answers, holds or puts off without a call, at most, unless more calls are asked for: each
    /// is written in the same transaction.
    private static let mostPassed = 256

    var result = ClaimResult()
    /// What it changes in the batch's counters, the records claimed aside.
    var counts = BatchCounts()
    /// Untried lines after this record are queued.
    var cursor: Int64
    /// The last attempt's id.
    var attempt: Int64
    /// Whether any record is in doubt, so that one identical to it may have to be held.
    var holds = false
    /// Whether a record was left because the caps allow no further call.
    var isCapped = false
    /// The fingerprints of other batches' records under way, once somebody asked.
    var othersUnderWay: Set<[UInt8]>?

    init(cursor: Int64, attempt: Int64) {
        self.cursor = cursor
        self.attempt = attempt
    }

    /// Whether the claim goes on.
    func hasRoom(for request: ClaimRequest) -> Bool {
        result.records.count < request.count && result.passed < max(request.count, Self.mostPassed)
    }
}
