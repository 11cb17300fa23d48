/// The times at which a run has asked to be woken, in monotonic nanoseconds, so that it asks but once.
struct PendingTimers: Sendable {
    private var deadlines: [Int64] = []

    /// Whether an alarm has to be set for a deadline; not if one rings before it anyway.
    mutating func needsTimer(at deadline: Int64) -> Bool {
        if deadlines.contains(where: { $0 <= deadline }) { return false }
        deadlines.append(deadline)
        return true
    }

    /// An alarm rang.
    mutating func fired(_ deadline: Int64) {
        deadlines.removeAll { $0 == deadline }
    }
}
