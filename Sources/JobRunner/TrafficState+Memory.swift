internal import RecordStore

extension TrafficState {
    /// What is to be remembered across restarts.
    func limiterState(at moment: Moment) -> LimiterState {
        let untilDue = max(limiter.nextDue, moment.monotonic - RateLimiter.catchUp) - moment.monotonic
        let isClosed = limiter.closedUntil > moment.monotonic
        return LimiterState(
            theoreticalArrival: moment.wall * 1000 + untilDue / 1000,
            rateFactor: cut.share(at: moment.monotonic),
            closedUntil: isClosed ? moment.wall(atMonotonic: limiter.closedUntil) : nil, savedAt: moment.wall,
            isKeyDoubted: streak.isKeyDoubted)
    }

    /// Goes on where an earlier process stopped, the first time it is asked to.
    ///
    /// A state from the future, because the clock was set back, holds nobody up longer than a running limiter would.
    mutating func resume(_ state: LimiterState, at moment: Moment) {
        guard !isResumed else { return }
        isResumed = true
        // What a database says may be anything.
        let longest = max(10_000, limiter.interval / 500_000)
        let untilDue = min(max(moment.distance(toWall: state.theoreticalArrival / 1000), -longest), longest)
        let age = max(0, -moment.distance(toWall: state.savedAt))
        streak.resume(isKeyDoubted: state.isKeyDoubted)
        limiter.resume(
            nextDue: moment.monotonic(atWall: moment.wall + untilDue),
            closedUntil: moment.monotonic(atWall: moment.wall + wait(state, at: moment)))
        cut.resume(share: state.rateFactor, age: age, at: moment.monotonic)
    }

    /// How long a remembered wait still lasts, in milliseconds: no longer than was left when it was saved, if the clock was
    /// set back since.
    private func wait(_ state: LimiterState, at moment: Moment) -> Int64 {
        guard let end = state.closedUntil else { return 0 }
        let saved = Moment(wall: state.savedAt, monotonic: 0)
        let left = min(moment.distance(toWall: end), saved.distance(toWall: end))
        return min(max(0, left), Self.longestWait.milliseconds)
    }
}
