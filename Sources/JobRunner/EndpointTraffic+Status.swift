internal import Synchronization

extension EndpointTraffic {
    /// How the way to the endpoint stands now.
    public var status: TrafficStatus {
        let now = clock.instant
        return guarded.withLock { $0.traffic.status(at: now) }
    }

    /// Calls `body` whenever something of `status` but the count of calls under way has changed: the gate, a probe, a
    /// wait on `Retry-After`, a rate cut, the limits.
    ///
    /// - Parameter body: Called from any thread, after the change; reads `status` if it wants to know. Must return at
    ///   once.
    /// - Returns: What `removeStatusObserver` takes.
    public func addStatusObserver(_ body: @escaping @Sendable () -> Void) -> Int {
        guarded.withLock { guarded in
            guarded.lastObserver += 1
            guarded.observers[guarded.lastObserver] = body
            return guarded.lastObserver
        }
    }

    /// Ends what `addStatusObserver` began; a call already on its way may still come.
    public func removeStatusObserver(_ observer: Int) {
        guarded.withLock { $0.observers[observer] = nil }
    }

    func notifyObservers() {
        let observers = guarded.withLock { Array($0.observers.values) }
        for observer in observers { observer() }
    }
}
