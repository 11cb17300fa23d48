/// How long the answering side asks every caller to wait, from the moment its answer arrived (RFC 9110 §10.2.3).
public struct RetryAfter: Sendable, Equatable, Comparable {
    /// Whole seconds, at least 0.
    public let seconds: Int

    /// A wait of so many seconds; less than 0 is none.
    public static func seconds(_ seconds: Int) -> RetryAfter { RetryAfter(seconds: max(0, seconds)) }

    /// The shorter of two.
    public static func < (left: RetryAfter, right: RetryAfter) -> Bool { left.seconds < right.seconds }

    /// The moment the wait ends, in milliseconds since 1970 UTC, and `Int64.max` when it cannot be counted.
    func end(from now: Int64) -> Int64 {
        let (milliseconds, tooLong) = Int64(seconds).multipliedReportingOverflow(by: 1000)
        let (end, tooLate) = now.addingReportingOverflow(milliseconds)
        return tooLong || tooLate ? .max : end
    }
}
