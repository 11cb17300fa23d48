/// Records finished per second over the last ten seconds, from samples of a running count.
struct RateMeter {
    private var samples: [(at: Duration, finished: Int)] = []
    private static let window = Duration.seconds(10)

    /// Notes the count at a time since the run's start; times do not go back.
    mutating func note(finished: Int, at time: Duration) {
        samples.append((time, finished))
        while samples.count > 2, let first = samples.first, time - first.at > Self.window { samples.removeFirst() }
    }

    /// The rate; nil before two samples lie apart in time.
    var perSecond: Double? {
        guard let first = samples.first, let last = samples.last, last.at > first.at else { return nil }
        return Double(last.finished - first.finished) / ((last.at - first.at) / .seconds(1))
    }
}
