/// Where the answers lie that identical requests may use: of batches that left the hot tables, too.
enum AnswerTables {
    /// What follows `FROM`: the answers by their requests.
    static let tables = """
        answers LEFT JOIN results ON results.record_id = answers.record_id
        LEFT JOIN archived_results ON archived_results.record_id = answers.record_id AND results.record_id IS NULL
        """

    /// What is kept of an answer, in the order in which ``KeptAnswer`` is read.
    static let columns = [
        "http_status", "correlation_id", "request_ref_id", "submitted_at", "completed_at", "flagged", "detail",
        "answer",
    ].map(value(of:)).joined(separator: ", ")

    /// The condition that an answer was given since a time and is still there.
    static func serves(since parameter: String) -> String {
        "\(value(of: "completed_at")) >= \(parameter) AND \(value(of: "answer")) IS NOT NULL"
    }

    private static func value(of column: String) -> String {
        "ifnull(results.\(column), archived_results.\(column))"
    }
}
