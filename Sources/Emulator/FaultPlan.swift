/// Decides by chance, from the seed alone, what goes wrong with a call: a pure value.
struct FaultPlan: Sendable {
    let mix: FaultMix
    let seed: UInt64

    /// The fault of a record's k-th call; the same for the same seed, record and k.
    func fault(for key: RequestKey, attempt: Int) -> Fault? {
        var chance = RecordRandom(seed: seed, key: key, attempt: attempt)
        let draw = chance.fraction()
        var reached = 0.0
        for (share, fault) in shares {
            reached += share
            if draw < reached { return fault }
        }
        return nil
    }

    /// Whether the n-th request to arrive is reset before anyone reads it.
    func resetsBeforeReading(arrival: Int) -> Bool {
        guard mix.resetBeforeReading > 0 else { return false }
        var chance = RecordRandom(seed: seed &+ UInt64(truncatingIfNeeded: arrival) &* 0x2545_F491_4F6C_DD1D)
        return chance.fraction() < mix.resetBeforeReading
    }

    /// What is added to the latency of a record's k-th call, as a share of the jitter.
    func jitter(for key: RequestKey, attempt: Int) -> Double {
        var chance = RecordRandom(seed: ~seed, key: key, attempt: attempt)
        return chance.fraction()
    }

    private var shares: [(Double, Fault)] {
        [
            (mix.tooManyRequests, Fault(name: "mix-429", action: .error(.status(429, retryAfter: 1)))),
            (mix.unavailable, Fault(name: "mix-503", action: .error(.status(503)))),
            (mix.unavailableForASecond, Fault(name: "mix-503a", action: .error(.status(503, retryAfter: 1)))),
            (mix.internalError, Fault(name: "mix-500", action: .error(.status(500)))),
            (mix.resetAfterReading, Fault(name: "mix-reset", action: .reset)),
            (mix.slow, Fault(name: "mix-slow", action: .slow)),
        ]
    }
}
