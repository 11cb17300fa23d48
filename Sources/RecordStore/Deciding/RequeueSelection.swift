/// Which of a batch's records are queued again; all conditions together.
package struct RequeueSelection: Sendable {
    /// The statuses, of which ``RecordStatus/failed``, ``RecordStatus/inDoubt`` and ``RecordStatus/cancelled`` can be
    /// queued again.
    package var statuses: Set<RecordStatus>
    /// Only records whose last answer had this reason code.
    package var reasonCode: String?
    /// Only records that start at these lines.
    package var lines: ClosedRange<Int>?
    /// At most this many, in input order.
    package var limit: Int?
    /// Whether the job's policy asks, not an operator: in-doubt records are then counted in
    /// ``BatchCounts/inDoubtRetried``, and records held because of another are left alone.
    package var byPolicy: Bool
    /// Only records that have spent fewer attempts than this (`retry.attempts`).
    package var maximumSpent: Int?
    /// Whether to leave alone failed records that an operator resolved from in doubt: they may have been billed.
    package var sparesResolved: Bool
    /// The states in which the batch must be; in another nothing is selected. Nil: any in which it can be run again.
    package var states: Set<BatchState>?
    /// Whether to leave alone records in doubt that were answered, or surely billed, or are in doubt since a restore
    /// and not because of a call in the ledger: nobody has agreed to pay for them again. The policy always does so.
    package var sparesAnswered: Bool
    /// Whether to include records whose person was forgotten: they can be decided about, and never sent again.
    package var includesForgotten: Bool

    /// Selects records to be queued again.
    package init(
        statuses: Set<RecordStatus>, reasonCode: String? = nil, lines: ClosedRange<Int>? = nil, limit: Int? = nil,
        byPolicy: Bool = false, maximumSpent: Int? = nil, sparesResolved: Bool = false, sparesAnswered: Bool = false,
        states: Set<BatchState>? = nil, includesForgotten: Bool = false
    ) {
        self.statuses = statuses
        self.reasonCode = reasonCode
        self.lines = lines
        self.limit = limit
        self.byPolicy = byPolicy
        self.maximumSpent = maximumSpent
        self.sparesResolved = sparesResolved
        self.states = states
        self.sparesAnswered = sparesAnswered
        self.includesForgotten = includesForgotten
    }
}

extension RequeueSelection {
    /// The records it selects, with their results, as what follows `FROM`.
    ///
    /// - Parameters:
    ///   - batch: Their batch.
    ///   - after: Only records behind this one.
    ///   - waiting: Whether to include records that an earlier re-run queued and that still wait.
    /// - Returns: The tables with the condition, and its arguments.
    func rows(
        of batch: BatchID, after: Int64? = nil, waiting: Bool = false
    ) -> (sql: String, arguments: SQLArguments) {
        let range = lines.map { batch.range(of: $0) } ?? batch.records
        // Not every engine takes an empty list.
        let codes = statuses.isEmpty ? "NULL" : statuses.map { String($0.code) }.joined(separator: ", ")
        // Policy and schedules never touch what was surely billed or answered (docs/architecture.md), nor what is in
        // doubt without a call in the ledger: a restored database can't tell whether it was sent.
        let isAnswered = """
            (answer IS NOT NULL OR EXISTS (
              SELECT 1 FROM attempts WHERE record_id = coalesce(records.follows, records.id) AND billable = 1))
            """
        let lastBillable = """
            (SELECT billable FROM attempts WHERE record_id = coalesce(records.follows, records.id) ORDER BY id DESC LIMIT 1)
            """
        let sql = """
            records LEFT JOIN results ON record_id = coalesce(follows, id)
            WHERE id BETWEEN :first AND :last AND (status IN (\(codes)) OR (:waiting = 1 AND status = 0 AND requeued > 0))
              AND (:forgotten = 1 OR length(payload) > 0)
              AND (:reason IS NULL OR reason_code = :reason)
              AND (:policy = 0 OR held = 0)
              AND (:unanswered = 0 OR status <> 4 OR (coalesce(\(lastBillable), 0) = 2 AND NOT \(isAnswered)))
              AND (:spent IS NULL OR spent < :spent)
              AND (:spares = 0 OR status <> 3 OR NOT \(ResolvedByHand.condition))
            """
        return (
            sql,
            [
                "first": max(after.map { $0 + 1 } ?? 0, range.lowerBound), "last": range.upperBound,
                "waiting": waiting, "forgotten": includesForgotten, "reason": reasonCode, "policy": byPolicy,
                "unanswered": byPolicy || sparesAnswered, "spent": maximumSpent, "spares": sparesResolved,
            ]
        )
    }
}
