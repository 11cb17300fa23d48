package import Basics

/// When calls arrived.
package struct CallTimes: Sendable {
    private static let second = Duration.seconds(1)
    private let times: [WallTime]

    /// - Parameter times: In any order.
    package init(_ times: [WallTime]) {
        self.times = times.sorted()
    }

    /// How many calls there are.
    package var count: Int { times.count }

    /// The first call; nil of none.
    package var first: WallTime? { times.first }

    /// The last call; nil of none.
    package var last: WallTime? { times.last }

    /// How many calls there were per second, from the first to the last; 0 of fewer than two.
    package var perSecond: Double {
        guard let first, let last, last > first else { return 0 }
        return Double(count - 1) / ((last - first) / Self.second)
    }

    /// How many calls arrived in so many seconds from the first on; the end itself is not counted.
    package func count(inFirst seconds: Int) -> Int {
        guard let first else { return 0 }
        return times.count { $0 < first + Self.second * seconds }
    }

    /// How many calls arrived after a time.
    package func count(after time: WallTime) -> Int { times.count { $0 > time } }

    /// The most calls in any second, wherever it begins; a call exactly a second after another is not in one with it.
    package var mostInAnySecond: Int {
        var (most, start) = (0, 0)
        for (index, time) in times.enumerated() {
            while times[start] <= time - Self.second { start += 1 }
            most = max(most, index - start + 1)
        }
        return most
    }
}
