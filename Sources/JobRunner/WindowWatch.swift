/// Tells whether a run's call window is open, and asks the calendar at most once a minute.
struct WindowWatch: Sendable {
    private let opening: (@Sendable (Int64) -> Int64)?
    private var minute: Int64?
    private var opensAt = Int64.min

    /// - Parameter opening: From a time on, when calls may be made next: that time itself while the window is open. Nil
    ///   for a window that is always open.
    init(opening: (@Sendable (Int64) -> Int64)?) {
        self.opening = opening
    }

    /// When calls may be made next, in milliseconds since 1970 UTC; nil while they may be made at `now`.
    mutating func opening(after now: Int64) -> Int64? {
        guard let opening else { return nil }
        // Windows open and close on whole minutes, and asking a calendar costs more than a claim.
        if minute != now / 60_000 {
            minute = now / 60_000
            opensAt = opening(now)
        }
        return opensAt > now ? opensAt : nil
    }
}
