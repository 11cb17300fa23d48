import RecordStore
import Results

/// One attempt as `ledger` lists it: nothing of the record but its line.
struct AttemptLine: Encodable {
    static let header = "LINE\tTRY\tTIME\tOUTCOME\tCAUSE\tHTTP\tREASON\tCORRELATION ID\tMS\tBILLABLE"

    /// Milliseconds since 1970 UTC.
    private let started: Int64
    let line: Int
    let number: Int
    let startedAt: String
    let finishedAt: String?
    /// Nil while the call is under way.
    let outcome: String?
    let cause: String?
    let httpStatus: Int?
    let reasonCode: String?
    let correlationID: String?
    let milliseconds: Int64?
    /// `yes`, answered with 200; `no`, surely not; `unknown`; nil while the call is under way.
    let billable: String?
    /// Whether it left, or may have left, and counts against the caps.
    let isCall: Bool

    init(_ attempt: AttemptView) {
        line = attempt.record.line
        number = attempt.number
        started = attempt.startedAt
        startedAt = Timestamp.text(attempt.startedAt)
        finishedAt = attempt.finishedAt.map(Timestamp.text)
        outcome = attempt.outcome
        cause = attempt.cause
        httpStatus = attempt.httpStatus
        reasonCode = attempt.reasonCode
        correlationID = attempt.correlationID
        milliseconds = attempt.finishedAt.map { $0 &- attempt.startedAt }
        billable = attempt.billable?.rawValue
        isCall = attempt.countsAsCall
    }

    var text: String {
        let cells = [
            String(line), String(number), NumberFormat.time(started), outcome ?? "under way", cause,
            httpStatus.map { String($0) },
            reasonCode, correlationID, milliseconds.map { String($0) }, billable,
        ]
        return cells.map { $0 ?? "-" }.joined(separator: "\t")
    }

    private enum CodingKeys: String, CodingKey {
        case line, number, outcome, cause, billable
        case startedAt = "started_at"
        case finishedAt = "finished_at"
        case httpStatus = "http_status"
        case reasonCode = "reason_code"
        case correlationID = "correlation_id"
        case milliseconds = "duration_ms"
        case isCall = "call"
    }
}
