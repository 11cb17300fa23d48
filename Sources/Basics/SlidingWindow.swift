/// Counts how many of the latest events had some property.
package struct SlidingWindow: Sendable {
    private var marks: [Bool]
    private var next = 0
    /// How many events have been seen, at most as many as are looked at.
    package private(set) var seen = 0
    /// How many of the latest events had the property.
    package private(set) var count = 0

    /// - Parameter size: How many events are looked at, at least one.
    package init(size: Int) {
        marks = [Bool](repeating: false, count: max(1, size))
    }

    /// How many events are looked at.
    package var size: Int { marks.count }

    /// Whether so many events have been seen.
    package var isFull: Bool { seen == size }

    /// Takes the latest event in and forgets the oldest of a full window.
    package mutating func record(_ isMarked: Bool) {
        count += (isMarked ? 1 : 0) - (marks[next] ? 1 : 0)
        marks[next] = isMarked
        next = (next + 1) % size
        seen = min(seen + 1, size)
    }
}
