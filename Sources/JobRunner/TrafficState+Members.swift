extension TrafficState {
    /// A run begins to ask for calls.
    mutating func join(weight: Int, at now: Int64) -> Int {
        let member = line.join(weight: weight)
        excuse(activeRuns.arrive(member, at: now))
        return member
    }

    /// A run is over; whether others may have their turn sooner now.
    mutating func leave(_ member: Int, at now: Int64) -> Bool {
        activeRuns.depart(member, at: now)
        return line.leave(member)
    }

    /// A run wants no calls for now; whether others may have their turn sooner now.
    mutating func withdraw(_ member: Int) -> Bool { line.withdraw(member) }

    /// A run may make no calls for some time; whether others may have their turn sooner now.
    mutating func depart(_ member: Int, at now: Int64) -> Bool {
        activeRuns.depart(member, at: now)
        return line.withdraw(member)
    }

    /// A run may make calls again.
    mutating func arrive(_ member: Int, at now: Int64) { excuse(activeRuns.arrive(member, at: now)) }

    /// Time in which nobody could have made a call is no outage.
    private mutating func excuse(_ absence: Int64) {
        guard absence > 0 else { return }
        gate.excuse(absence)
        overload.excuse(absence)
    }
}
