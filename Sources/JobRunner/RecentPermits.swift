/// The permits of the last second, as groups in time order.
struct RecentPermits: Sendable {
    private struct Group {
        var time: Int64
        var count: Int
    }

    private static let window: Int64 = 1_000_000_000
    private var groups: [Group] = []
    private var head = 0
    private(set) var count = 0

    /// When the oldest group leaves the window.
    var firstExpiry: Int64? { head < groups.count ? groups[head].time + Self.window : nil }

    /// Forgets what is a second old or older.
    mutating func forget(at now: Int64) {
        while head < groups.count, groups[head].time <= now - Self.window {
            count -= groups[head].count
            head += 1
        }
        if head > 64, head * 2 > groups.count {
            groups.removeFirst(head)
            head = 0
        }
    }

    mutating func append(_ permits: Int, at time: Int64) {
        groups.append(Group(time: time, count: permits))
        count += permits
    }

    /// Takes back up to `permits` of those taken at `time`, and says how many there were.
    mutating func remove(_ permits: Int, takenAt time: Int64) -> Int {
        guard let index = groups.indices.last(where: { $0 >= head && groups[$0].time == time }) else { return 0 }
        let removed = min(permits, groups[index].count)
        groups[index].count -= removed
        count -= removed
        return removed
    }
}
