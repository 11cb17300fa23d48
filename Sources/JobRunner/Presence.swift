/// Which runs may make calls at the moment, and for how long there has been none.
///
/// All times are monotonic nanoseconds.
struct ActiveRuns: Sendable {
    private var members: Set<Int> = []
    private var emptySince: Int64?

    /// A run may make calls; how long there was nobody before it.
    mutating func arrive(_ member: Int, at now: Int64) -> Int64 {
        members.insert(member)
        defer { emptySince = nil }
        return emptySince.map { now - $0 } ?? 0
    }

    /// A run may make no calls, or is over.
    mutating func depart(_ member: Int, at now: Int64) {
        guard members.remove(member) != nil, members.isEmpty else { return }
        emptySince = now
    }
}
