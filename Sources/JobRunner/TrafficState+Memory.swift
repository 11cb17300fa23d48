internal import RecordStore

extension TrafficState {
    /// What is to be remembered across restarts.
    func limiterState(at instant: Instant) -> LimiterState {
        let untilDue = max(limiter.nextDue, instant.monotonic - RateLimiter.catchUp) - instant.monotonic
        let isClosed = limiter.closedUntil > instant.monotonic
        return LimiterState(
            theoreticalArrival: instant.wall * 1000 + untilDue / 1000,
            rateFactor: cut.share(at: instant.monotonic),
            closedUntil: isClosed ? instant.wall(atMonotonic: limiter.closedUntil) : nil, savedAt: instant.wall,
            isKeyDoubted: streak.isKeyDoubted)
    }

    /// Goes on where an earlier process stopped, the first time it is asked to.
    ///
    /// A state from the future, because the clock was set back, holds nobody up longer than a running limiter would.
    mutating func resume(_ state: LimiterState, at instant: Instant) {
        guard !isResumed else { return }
        isResumed = true
        // What a database says may be anything.
        let longest = max(10_000, limiter.interval / 500_000)
        let untilDue = min(max(instant.distance(toWall: state.theoreticalArrival / 1000), -longest), longest)
        let age = max(0, -instant.distance(toWall: state.savedAt))
        streak.resume(isKeyDoubted: state.isKeyDoubted)
        limiter.resume(
            nextDue: instant.monotonic(atWall: instant.wall + untilDue),
            closedUntil: instant.monotonic(atWall: instant.wall + wait(state, at: instant)))
        cut.resume(share: state.rateFactor, age: age, at: instant.monotonic)
    }

    /// How long a remembered wait still lasts, in milliseconds: no longer than was left when it was saved, if the clock was
    /// set back since.
    private func wait(_ state: LimiterState, at instant: Instant) -> Int64 {
        guard let end = state.closedUntil else { return 0 }
        let saved = Instant(wall: state.savedAt, monotonic: 0)
        let left = min(instant.distance(toWall: end), saved.distance(toWall: end))
        return min(max(0, left), Self.longestWait.milliseconds)
    }
}
