/// When calls arrived, in milliseconds since 1970 UTC.
package struct CallTimes: Sendable {
    private static let second: Int64 = 1_000
    private let times: [Int64]

    /// - Parameter times: In any order.
    package init(_ times: [Int64]) {
        self.times = times.sorted()
    }

    /// How many calls there are.
    package var count: Int { times.count }

    /// The first call; nil of none.
    package var first: Int64? { times.first }

    /// The last call; nil of none.
    package var last: Int64? { times.last }

    /// How many calls arrived in so many seconds from the first on; the end itself is not counted.
    package func count(inFirst seconds: Int) -> Int {
        guard let first else { return 0 }
        return times.count { $0 < first + Int64(seconds) * Self.second }
    }

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
