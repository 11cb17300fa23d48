extension Gate {
    /// What calls are allowed.
    enum State: Sendable, Equatable {
        case open
        case closed(Closure)
        case halted(Halt)
    }

    /// A closed gate.
    struct Closure: Sendable, Equatable {
        enum Cause: Sendable, Equatable {
            case outage
            case misconfigured
        }

        var cause: Cause
        let since: Int64
        /// What the last call or probe in trouble said.
        var lastError: String?
        /// When the next probe may leave.
        var probeAt: Int64
        /// The wait before the probe after the next, when out of reach.
        var interval: Int64
        /// Probes refused in a row as misconfigured.
        var refusedProbes = 0
        var isProbeUnderWay = false
        /// Time that does not count as outage, because nobody wanted to call.
        var excused: Int64 = 0
        /// The end of the first wait that was asked for since.
        var waitsUntil: Int64?
    }
}

extension Gate.Closure {
    /// Why the gate is closed, as a person reads it.
    var reason: String {
        lastError.map { "\(cause.inWords): \($0)" } ?? cause.inWords
    }
}

extension Gate.Closure.Cause {
    fileprivate var inWords: String {
        switch self {
        case .outage: "The API is out of reach"
        case .misconfigured: "The API refuses calls because of keys, certificate, address or rights"
        }
    }
}
