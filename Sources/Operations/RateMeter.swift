/// Records finished per second over the last ten seconds, waits included, from samples of a running count.
///
/// Nothing is sampled while nothing happens, so the count at the beginning of the ten seconds is that of the last sample
/// before: a burst after a wait is not taken for the rate.
struct RateMeter {
    private var samples: [(at: Duration, finished: Int)]
    private static let window = Duration.seconds(10)
    /// A shorter past says too little.
    private static let shortestPast = Duration.seconds(1)

    /// Begins at the run's start, when so many records are finished.
    init(finished: Int = 0) {
        samples = [(.zero, finished)]
    }

    /// Notes the count at a time since the run's start; times do not go back.
    mutating func note(finished: Int, at time: Duration) {
        samples.append((time, finished))
        while samples.count > 1, samples[1].at <= time - Self.window { samples.removeFirst() }
    }

    /// The rate up to the last sample; nil before there is a past of a second, and never below 0.
    var perSecond: Double? {
        guard let first = samples.first, let last = samples.last else { return nil }
        let past = last.at - max(first.at, last.at - Self.window)
        guard past >= Self.shortestPast else { return nil }
        return max(0, Double(last.finished - first.finished)) / (past / .seconds(1))
    }
}
