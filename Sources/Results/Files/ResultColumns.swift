import IdentityInsights

/// The columns of `results.csv`: the record's own, the insights' leaves, the API's messages.
enum ResultColumns {
    static let record = ofRecord.map(\.name)
    static let messages = ofMessages.map(\.name)
    /// Where a reused answer came from; last, so that the columns before it stay where they were.
    static let origin = "reused_from"
    static let all = record + InsightColumns.all + messages + [origin]

    /// A column's name and what it holds.
    private typealias Described = (name: String, about: String)

    private static let ofRecord: [Described] = [
        ("line", "the line of the input at which the record starts, from 1; the header is line 1"),
        ("id", "the record's id: of `id`, `record_id` of the job, or the account"),
        ("status", "see [below](#statuses)"),
        ("attempts", "calls that were made for it"),
        ("http_status", "of the last answer"),
        ("reason_code", "the API's, in the form of a name"),
        (
            "error",
            "why, in words: rule and column of an invalid line, the API's description, what holds a held one; never a value"
        ),
        ("correlation_id", "`X-MC-Correlation-ID` of the answer, for Mastercard's support"),
        ("request_ref_id", "the answer's `requestRefId`"),
        ("submitted_at", "when the last call began: ISO 8601 in UTC with milliseconds"),
        ("completed_at", "when it was answered, or given up"),
    ]

    private static let ofMessages: [Described] = [
        (
            "warnings",
            "the API's and our own, joined by ` | `; `forgotten DATE` alone where the person was forgotten: then line and "
                + "status are all that is left of the row"
        ),
        ("alerts", "the API's, likewise"),
    ]

    /// A table of all columns for docs/results.md, in their order.
    static var markdown: String {
        let last = [(name: origin, about: "the line, or `BATCH:LINE`, whose answer this is, where it is reused")]
        let rows = (ofRecord + InsightColumns.described + ofMessages + last).map {
            "| `\($0.name)` | \($0.about.replacing("|", with: "\\|")) |\n"
        }
        return "| column | what it holds |\n|---|---|\n" + rows.joined()
    }
}
