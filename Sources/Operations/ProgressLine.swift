import Basics

/// One line of progress: done, rate, time to go, retries. A pure value; drawing it is somewhere else.
struct ProgressLine: Equatable {
    var name: String
    var total: Int
    var done: Int
    var inDoubt = 0
    var failed = 0
    var retries = 0
    /// Records finished per second over the recent past; nil before there is a past.
    var rate: Double?
    /// Why nothing moves just now, such as a closed gate; nil when records flow.
    var waiting: String?

    /// Seconds to go at the present rate; nil when that is unknown.
    var secondsLeft: Double? {
        guard let rate, rate > 0 else { return nil }
        return Double(total - done) / rate
    }

    /// The line as text.
    var text: String {
        let share = total == 0 ? 100 : done * 100 / total
        var parts = ["\(name): \(done)/\(total) (\(share)%)"]
        if let rate { parts.append("\(Figures.rate(rate))/s") }
        if let secondsLeft, done < total { parts.append("ETA \(Figures.duration(seconds: secondsLeft))") }
        parts.append(Counted.things(retries, "retry"))
        if failed > 0 { parts.append("\(failed) failed") }
        if inDoubt > 0 { parts.append("\(inDoubt) in doubt") }
        if let waiting { parts.append(waiting) }
        return parts.joined(separator: ", ")
    }
}
