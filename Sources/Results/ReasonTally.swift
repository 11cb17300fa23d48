/// How often each reason occurs, for a bounded number of reasons.
struct ReasonTally {
    private static let capacity = 1000

    private var counts: [String: Int] = [:]

    mutating func add(_ reason: String) {
        let isKnown = counts[reason] != nil || counts.count < Self.capacity
        counts[isKnown ? reason : "other reasons", default: 0] += 1
    }

    /// The most frequent, those equally frequent in alphabetical order.
    func top(_ count: Int) -> [(reason: String, count: Int)] {
        let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return sorted.prefix(count).map { ($0.key, $0.value) }
    }
}
