extension TrafficState {
    /// How the way to the endpoint stands.
    func status(at instant: Instant) -> TrafficStatus {
        var status = TrafficStatus()
        status.allowedRate = allowedRate(at: instant.monotonic)
        status.underWay = underWay
        status.runs = line.count
        if closedUntil > instant.monotonic { status.closedUntil = instant.wall(atMonotonic: closedUntil) }
        switch gate.state {
        case .open: if status.closedUntil != nil { status.reason = Self.waitReason }
        case .closed(let closure):
            status.gate = .closed
            status.reason = closure.reason
            status.nextProbeAt = closure.isProbeUnderWay ? nil : instant.wall(atMonotonic: closure.probeAt)
            status.refusedProbes = closure.refusedProbes
        case .halted(let halt):
            status.gate = .halted
            status.reason = halt.reason
            status.halt = halt
        }
        guard let since = gate.notOpenSince else { return status }
        status.since = instant.wall(atMonotonic: since)
        status.probes = gate.probesSent
        return status
    }
}
