import Basics
import JobRunner
import TestSupport

/// How the API and what lies before it behave from some time of the night on.
struct Weather: Sendable {
    /// What calls mostly meet.
    enum Kind: Sendable, CaseIterable {
        case fine
        /// Answers take seconds.
        case slow
        /// No connection.
        case unreachable
        /// Connections break after the request has left.
        case breaking
        /// 429, perhaps with a wait.
        case throttled
        /// 503, perhaps with a wait.
        case unavailable
        /// 500 with the API's error body.
        case failing
        /// 502 without it.
        case proxy
        /// 401.
        case unauthorised
        /// Answers that our key does not open.
        case foreignKey
        /// Answers to earlier calls.
        case replayed
        /// Everything is refused for good.
        case rejecting
    }

    /// From the night's beginning.
    let from: Duration
    let kind: Kind
    /// Of a hundred calls so many meet it.
    let share: Int
    /// The wait that is asked for, in seconds; nil: none is.
    let retryAfter: Int?

    /// The weather of a night, which is fine from the morning on.
    static func night(until morning: Duration, _ random: inout SeededRandom) -> [Weather] {
        let seconds = Int(morning.components.seconds)
        let first = random.next(in: 0...2) == 0 ? Kind.throttled : .fine
        var spells = [Weather(from: .zero, kind: first, share: 20, retryAfter: nil)]
        for _ in 0..<random.next(in: 0...3) {
            // Often in the first minutes, when there is something to be called.
            let latest = random.next(in: 0...1) == 0 ? 120 : seconds
            let begin = random.next(in: 0...latest)
            let length = [5, 60, 900, 7_200][random.next(in: 0...3)]
            let kind = Kind.allCases[random.next(in: 0...(Kind.allCases.count - 1))]
            let wait = [nil, 1, 30, 600, 100_000][random.next(in: 0...4)]
            spells.append(
                Weather(
                    from: .seconds(Int64(begin)), kind: kind, share: [10, 60, 100][random.next(in: 0...2)],
                    retryAfter: wait))
            spells.append(Weather(from: .seconds(Int64(begin + length)), kind: .fine, share: 0, retryAfter: nil))
        }
        return spells.filter { $0.from < morning }.sorted { ($0.from, $0.share) < ($1.from, $1.share) }
            + [Weather(from: morning, kind: .fine, share: 0, retryAfter: nil)]
    }
}
