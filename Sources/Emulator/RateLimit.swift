/// The emulator's own rate limit: the generic cell rate algorithm, with a tenth of a second's worth at once.
struct RateLimit: Sendable {
    private let interval: Int64
    private let tolerance: Int64
    private var due: Int64 = .min

    /// - Parameter rate: calls per second, above 0.
    init(rate: Double) {
        interval = Int64(1_000_000_000 / rate)
        tolerance = max(0, 100_000_000 - interval)
    }

    /// Whether a call at this moment (nanoseconds of any clock that does not run backwards) is within the limit.
    mutating func admits(at now: Int64) -> Bool {
        let start = max(due, now)
        guard start - now <= tolerance else { return false }
        due = start + interval
        return true
    }
}
