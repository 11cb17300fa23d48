/// How the way to an endpoint stands: gate, limiter and calls under way. No part holds a value of a record.
public struct TrafficStatus: Sendable, Equatable {
    /// What calls are allowed.
    public enum Gate: String, Sendable, CaseIterable {
        /// Calls are made, as far as the limiter allows.
        case open
        /// Only single probes are sent, to see whether calls make sense again.
        case closed
        /// No calls until `EndpointTraffic.reopen()`.
        case halted
    }

    /// What calls are allowed.
    public internal(set) var gate = Gate.open
    /// Why no calls are made, in one sentence; nil while they are.
    public internal(set) var reason: String?
    /// What is systemic and what to do about it, while the gate is halted.
    public internal(set) var halt: Halt?
    /// When the gate ceased to be open, in milliseconds since 1970 UTC; nil while it is.
    public internal(set) var since: Int64?
    /// When the next probe may leave, in milliseconds since 1970 UTC; nil while none is to, or one is under way.
    public internal(set) var nextProbeAt: Int64?
    /// Probes sent since the gate closed.
    public internal(set) var probes = 0
    /// Probes refused in a row because of how this side is set up.
    public internal(set) var refusedProbes = 0
    /// Until when `Retry-After` keeps everyone waiting, in milliseconds since 1970 UTC; nil when it doesn't.
    public internal(set) var closedUntil: Int64?
    /// Calls per second the limiter allows at the moment, cuts included.
    public internal(set) var allowedRate = 0.0
    /// Calls under way, of all runs together.
    public internal(set) var underWay = 0
    /// Runs that share the endpoint.
    public internal(set) var runs = 0
}
