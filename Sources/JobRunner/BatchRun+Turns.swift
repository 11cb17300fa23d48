extension BatchRun {
    /// When the batch's call window opens, in milliseconds since 1970 UTC; nil while it is open. Tells of both changes.
    mutating func closedWindow() -> Int64? {
        let opening = window.opening(after: clock.now)
        guard (opening != nil) != isOutsideWindow else { return opening }
        isOutsideWindow = opening != nil
        if let opening {
            isQueued = false
            runner.traffic.depart(member)
            runner.events(.windowClosed(until: opening))
        } else {
            runner.traffic.arrive(member)
            runner.events(.windowOpened)
        }
        return opening
    }

    /// Others need not wait for this run: it wants no calls for now.
    mutating func dequeue() {
        guard isQueued else { return }
        isQueued = false
        runner.traffic.withdraw(member)
    }

    /// Returns permits for which there was no call.
    mutating func giveBack(_ count: Int, of grant: Grant) {
        runner.traffic.giveBack(count, of: grant)
        pace.giveBack(count, of: grant)
    }
}
