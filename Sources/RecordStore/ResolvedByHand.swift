/// Failed records that a person took out of their doubt: their call, or that of an identical record, may have been
/// billed. Only such a failed record ends with an attempt that may have been billed, or without one at all.
enum ResolvedByHand {
    /// Whether a failed record of the hot tables, joined with its results, is one.
    static let condition = condition(
        submittedAt: "submitted_at", lastBillable: lastBillable(in: "attempts", of: "records"))

    static func condition(submittedAt: String, lastBillable: String) -> String {
        "(\(submittedAt) IS NULL OR ifnull(\(lastBillable), 0) <> 0)"
    }

    /// Whether the last attempt of a record, or of the one it follows, was billed.
    static func lastBillable(in attempts: String, of record: String) -> String {
        """
        (SELECT billable FROM \(attempts) AS attempt
        WHERE attempt.record_id = ifnull(\(record).follows, \(record).id) ORDER BY attempt.id DESC LIMIT 1)
        """
    }
}
