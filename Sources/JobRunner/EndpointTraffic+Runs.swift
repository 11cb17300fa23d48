internal import Synchronization

extension EndpointTraffic {
    /// A run begins to ask; `wake` is called whenever it should ask again while it waits, until it leaves.
    func join(weight: Int, wake: @escaping @Sendable () -> Void) -> Int {
        let now = clock.monotonic
        return guarded.withLock { guarded in
            let member = guarded.traffic.join(weight: weight, at: now)
            guarded.wakers[member] = wake
            return member
        }
    }

    /// A run is over.
    func leave(_ member: Int) {
        let now = clock.monotonic
        let concernsOthers = guarded.withLock { guarded in
            guarded.wakers[member] = nil
            return guarded.traffic.leave(member, at: now)
        }
        if concernsOthers { wakeAll() }
    }

    /// A run wants no calls for now.
    func withdraw(_ member: Int) {
        if guarded.withLock({ $0.traffic.withdraw(member) }) { wakeAll() }
    }

    /// A run may make no calls for some time: its window is closed.
    func depart(_ member: Int) {
        let now = clock.monotonic
        if guarded.withLock({ $0.traffic.depart(member, at: now) }) { wakeAll() }
    }

    /// A run may make calls again.
    func arrive(_ member: Int) {
        let now = clock.monotonic
        guarded.withLock { $0.traffic.arrive(member, at: now) }
    }

    func permission(for member: Int, upTo wanted: Int, at now: Int64) -> Permission {
        let (permission, next) = guarded.withLock { guarded in
            let permission = guarded.traffic.permission(for: member, upTo: wanted, at: now)
            guard case .granted = permission else { return (permission, nil as (@Sendable () -> Void)?) }
            return (permission, guarded.nextForRoom())
        }
        next?()
        if case .granted(let grant) = permission, grant.isProbe { notifyObservers() }
        return permission
    }

    func giveBack(_ count: Int, of grant: Grant) {
        guard count > 0 else { return }
        guarded.withLock { $0.traffic.giveBack(count, of: grant) }
        // A runner that waits for this call to end would wait for ever.
        wakeAll()
        if grant.isProbe { notifyObservers() }
    }

    func start(_ count: Int, of grant: Grant, at now: Int64) -> Bool {
        guarded.withLock { $0.traffic.start(count, of: grant, at: now) }
    }

    func allowedRate(at now: Int64) -> Double {
        guarded.withLock { $0.traffic.allowedRate(at: now) }
    }

    /// Takes in one outcome and says what follows from it for its record.
    func record(_ outcome: Outcome, isProbe: Bool, errorText: String?, at instant: Instant) -> TrafficVerdict {
        let (verdict, next) = guarded.withLock { guarded in
            let verdict = guarded.traffic.verdict(on: outcome, isProbe: isProbe, errorText: errorText, at: instant)
            return (verdict, verdict.concernsAll ? nil : guarded.nextForRoom())
        }
        next?()
        if verdict.concernsAll {
            wakeAll()
            notifyObservers()
        }
        return verdict
    }

    func wakeAll() {
        let wakers = guarded.withLock { Array($0.wakers.values) }
        for wake in wakers { wake() }
    }
}

extension EndpointTraffic.Guarded {
    /// Wakes the run whose turn it is, if a call may be made for one that waits for that.
    fileprivate mutating func nextForRoom() -> (@Sendable () -> Void)? {
        traffic.nextForRoom().flatMap { wakers[$0] }
    }
}

extension TrafficState {
    fileprivate mutating func verdict(
        on outcome: Outcome, isProbe: Bool, errorText: String?, at instant: Instant
    ) -> TrafficVerdict {
        let wasBounded = mostUnderWay != nil
        let wasHalted = halt != nil
        let events = record(outcome, isProbe: isProbe, errorText: errorText, at: instant)
        return TrafficVerdict(
            events: events, halt: halt, isGateClosed: isGateClosed, reopensAt: max(closedUntil, instant.monotonic),
            // Until answers have shown that they can be used, others wait for these few calls to end.
            concernsAll: !events.isEmpty || wasBounded || isProbe || wasHalted != (halt != nil))
    }
}
