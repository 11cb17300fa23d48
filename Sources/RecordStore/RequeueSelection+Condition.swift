import GRDB

extension RequeueSelection {
    /// The records it selects, with their results, as what follows `FROM`.
    ///
    /// - Parameters:
    ///   - batch: Their batch.
    ///   - after: Only records behind this one.
    ///   - waiting: Whether those count, too, that an earlier re-run queued and that wait still.
    /// - Returns: The tables with the condition, and its arguments.
    func rows(
        of batch: BatchID, after: Int64? = nil, waiting: Bool = false
    ) -> (sql: String, arguments: StatementArguments) {
        let range = lines.map { batch.range(of: $0) } ?? batch.records
        let codes = statuses.map { String($0.code) }.joined(separator: ", ")
        // Policy and schedules never touch what was surely billed, nor what was answered (docs/architecture.md). Nor what
        // is in doubt without a call that the ledger knows: a restored database can't tell whether it was sent.
        let isAnswered = """
            (answer IS NOT NULL OR EXISTS (
              SELECT 1 FROM attempts WHERE record_id = ifnull(records.follows, records.id) AND billable = 1))
            """
        let lastBillable = """
            (SELECT billable FROM attempts WHERE record_id = ifnull(records.follows, records.id) ORDER BY id DESC LIMIT 1)
            """
        let sql = """
            records LEFT JOIN results ON record_id = ifnull(follows, id)
            WHERE id BETWEEN :first AND :last AND (status IN (\(codes)) OR (:waiting AND status = 0 AND requeued > 0))
              AND (:reason IS NULL OR reason_code = :reason)
              AND (:policy = 0 OR held = 0)
              AND (:unanswered = 0 OR status <> 4 OR (\(lastBillable) IS 2 AND NOT \(isAnswered)))
              AND (:spent IS NULL OR spent < :spent)
              AND (:spares = 0 OR status <> 3 OR NOT \(ResolvedByHand.condition))
            """
        return (
            sql,
            [
                "first": max(after.map { $0 + 1 } ?? 0, range.lowerBound), "last": range.upperBound,
                "waiting": waiting, "reason": reasonCode, "policy": byPolicy,
                "unanswered": byPolicy || sparesAnswered, "spent": maximumSpent, "spares": sparesResolved,
            ]
        )
    }
}
