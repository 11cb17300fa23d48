/// Leave to make calls.
struct Grant: Sendable, Equatable {
    /// Whose it is.
    let member: Int
    /// How many calls.
    let count: Int
    /// Whether the one call is the gate's probe.
    let isProbe: Bool
    /// When the permits were taken, in monotonic nanoseconds.
    let takenAt: Int64
    /// How often the way had been closed by then; calls only start while that holds.
    let closings: Int
}
