/// A batch's own rate, in front of the one its endpoint allows.
///
/// Asks are counted here only for what the endpoint granted, so no permit is lost on the way.
struct BatchPace: Sendable {
    private var limiter: RateLimiter?

    /// - Parameter rate: Calls per second, above 0; nil for no rate of its own.
    init(rate: Double?) {
        limiter = rate.map { RateLimiter(rate: $0, burst: 1) }
    }

    /// How many of `wanted` calls may be made at a monotonic time.
    mutating func available(upTo wanted: Int, at now: Int64) -> Int {
        limiter?.available(upTo: wanted, at: now) ?? wanted
    }

    /// When to ask again for `wanted` calls, none of which may be made at `now`.
    func nextAsk(for wanted: Int, at now: Int64) -> Int64 {
        limiter?.nextAsk(first: 1, last: wanted, at: now) ?? now
    }

    /// Counts `count` calls of the `wanted`, granted at a monotonic time.
    mutating func take(_ count: Int, of wanted: Int, at now: Int64) {
        limiter?.take(count, at: now, isShort: count < wanted)
    }

    /// There was no record for so many calls.
    mutating func giveBack(_ count: Int, of grant: Grant) {
        limiter?.giveBack(count, takenAt: grant.takenAt)
    }

    /// The calls are made only now.
    mutating func use(_ count: Int, of grant: Grant, at now: Int64) {
        limiter?.use(count, takenAt: grant.takenAt, at: now)
    }
}
