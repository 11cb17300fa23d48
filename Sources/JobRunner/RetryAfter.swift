/// How long the answering side asks every caller to wait (RFC 9110 §10.2.3).
public enum RetryAfter: Sendable, Equatable {
    /// A number of seconds, counted from the moment the answer arrived.
    case seconds(Int)
    /// A moment, in milliseconds since 1970 UTC. One in the past means no wait.
    case date(Int64)

    /// The moment the wait ends, in milliseconds since 1970 UTC; never before `now`, and `Int64.max` when it cannot be
    /// counted.
    func end(from now: Int64) -> Int64 {
        switch self {
        case .date(let moment): return max(now, moment)
        case .seconds(let seconds):
            let (milliseconds, tooLong) = Int64(max(0, seconds)).multipliedReportingOverflow(by: 1000)
            let (end, tooLate) = now.addingReportingOverflow(milliseconds)
            return tooLong || tooLate ? .max : end
        }
    }
}
