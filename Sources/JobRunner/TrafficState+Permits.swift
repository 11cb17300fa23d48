extension TrafficState {
    /// Asks for leave to make up to `wanted` calls.
    mutating func permission(for member: Int, upTo wanted: Int, at now: Int64) -> Permission {
        switch gate.state {
        case .halted(let halt):
            _ = line.withdraw(member)
            return .halted(halt)
        case .closed(let closure):
            guard !closure.isProbeUnderWay else { return step(aside: member, .waitForAnswer) }
            guard now >= closure.probeAt else { return step(aside: member, .wait(until: closure.probeAt)) }
            return take(1, of: member, isProbe: true, at: now)
        case .open:
            guard let most = mostUnderWay else { return take(wanted, of: member, isProbe: false, at: now) }
            guard underWay < most else { return step(aside: member, .waitForAnswer) }
            return take(min(wanted, most - underWay), of: member, isProbe: false, at: now)
        }
    }

    /// Returns permits for which there was no record.
    mutating func giveBack(_ count: Int, of grant: Grant) {
        guard count > 0 else { return }
        limiter.giveBack(count, takenAt: grant.takenAt)
        line.gaveBack(grant.member, count)
        underWay -= count
        if grant.isProbe { gate.withdrawProbe() }
    }

    /// Whether the calls may start now; false when the way was closed since they were granted.
    mutating func start(_ count: Int, of grant: Grant, at now: Int64) -> Bool {
        guard grant.closings == closings else { return false }
        limiter.use(count, takenAt: grant.takenAt, at: now)
        return true
    }

    /// Who is to ask again because a call may be made for it now.
    mutating func nextForRoom() -> Int? { room > 0 ? line.nextForRoom() : nil }

    /// How many more calls may be under way.
    private var room: Int { max(0, concurrency - underWay) }

    private mutating func step(aside member: Int, _ permission: Permission) -> Permission {
        _ = line.withdraw(member)
        return permission
    }

    private mutating func take(_ wanted: Int, of member: Int, isProbe: Bool, at now: Int64) -> Permission {
        limiter.share = cut.share(at: now)
        line.ask(member, for: wanted)
        let most = min(line.demand, room)
        let available = limiter.available(upTo: most, at: now)
        let granted = line.turns(of: member, among: available)
        // What is left of the others' turns is wanted, too.
        if most > 0 { limiter.take(granted, at: now, isShort: granted < most) }
        guard granted > 0 else { return wait(for: wanted, of: member, at: now) }
        line.took(member, granted)
        underWay += granted
        if isProbe { gate.startProbe() }
        return .granted(Grant(member: member, count: granted, isProbe: isProbe, takenAt: now, closings: closings))
    }

    private mutating func wait(for wanted: Int, of member: Int, at now: Int64) -> Permission {
        let first = line.place(of: member)
        guard first <= room else {
            line.waitForRoom(member)
            return .waitForRoom
        }
        return .wait(until: limiter.nextAsk(first: first, last: line.place(of: member, turn: wanted), at: now))
    }
}
