/// The answer to a runner that wants to make calls.
enum Permission: Sendable, Equatable {
    /// So many calls may be made now.
    case granted(Grant)
    /// Ask again at this time, in monotonic nanoseconds.
    case wait(until: Int64)
    /// Ask again when a call under way has ended: only one, or a few, may be made for now.
    case waitForAnswer
    /// Ask again when told that there is room: as many calls as may be are under way, of all runs together.
    case waitForRoom
    /// No more calls.
    case halted(Halt)

    /// Whether others leave turns for whoever got this.
    var isQueued: Bool {
        switch self {
        case .wait, .waitForRoom: true
        case .granted, .waitForAnswer, .halted: false
        }
    }
}
