internal import RecordStore

extension TrafficState {
    /// What is to be remembered across restarts.
    func limiterState(at moment: Moment) -> LimiterState {
        let untilDue = max(limiter.nextDue, moment.monotonic - RateLimiter.catchUp) - moment.monotonic
        let isClosed = limiter.closedUntil > moment.monotonic
        return LimiterState(
            theoreticalArrival: moment.wall * 1000 + untilDue / 1000,
            rateFactor: cut.share(at: moment.monotonic),
            closedUntil: isClosed ? moment.wall(atMonotonic: limiter.closedUntil) : nil, savedAt: moment.wall)
    }

    /// Goes on where an earlier process stopped, the first time it is asked to.
    ///
    /// A state from the future, because the clock was set back, holds nobody up longer than a running limiter would.
    mutating func resume(_ state: LimiterState, at moment: Moment) {
        guard !isResumed else { return }
        isResumed = true
        let longest = max(10_000, 2 * limiter.interval / 1_000_000)
        let untilDue = min(max(state.theoreticalArrival / 1000 - moment.wall, -longest), longest)
        // No longer than was left when it was saved, if the clock was set back since.
        let untilOpen = state.closedUntil.map { min($0 - moment.wall, $0 - state.savedAt) } ?? 0
        limiter.resume(
            nextDue: moment.monotonic(atWall: moment.wall + untilDue),
            closedUntil: moment.monotonic(atWall: moment.wall + min(untilOpen, Self.longestWait.milliseconds)))
        cut.resume(share: state.rateFactor, age: max(0, moment.wall - state.savedAt), at: moment.monotonic)
    }
}
