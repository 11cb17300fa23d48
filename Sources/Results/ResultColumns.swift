import IdentityInsights

/// The columns of `results.csv`: the record's own, the insights' leaves, the API's messages.
enum ResultColumns {
    static let record = [
        "line", "id", "status", "attempts", "http_status", "reason_code", "error", "correlation_id", "request_ref_id",
        "submitted_at", "completed_at",
    ]
    static let messages = ["warnings", "alerts"]
    /// Where a reused answer came from; last, so that the columns before it stay where they were.
    static let origin = "reused_from"
    static let all = record + InsightColumns.all + messages + [origin]
}
