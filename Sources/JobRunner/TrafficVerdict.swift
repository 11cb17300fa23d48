/// What one outcome means beyond its own record.
struct TrafficVerdict: Sendable {
    /// What is worth telling.
    let events: [RunnerEvent]
    /// Why everything halts.
    let halt: Halt?
    /// Whether the gate is closed now: trouble then spends no attempt.
    let isGateClosed: Bool
    /// Until when `Retry-After` keeps everyone waiting, in monotonic nanoseconds; never before the outcome.
    let reopensAt: Int64
    /// Whether other runners that wait should ask again.
    let concernsAll: Bool
}
