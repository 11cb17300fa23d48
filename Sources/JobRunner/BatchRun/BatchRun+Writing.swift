import Basics
import RecordStore

extension BatchRun {
    /// Passes ended calls to the store and waits for a message.
    mutating func pause(_ group: inout Group) async {
        write(&group)
        await mailbox.wait()
    }

    /// Whether a claim waits, with a timer set, for more calls to end, so that one commit writes their ends and claims
    /// for all of them. Never where a permit could be lost meanwhile, or where many calls could start at once.
    mutating func waitsForMore(room: Int, _ group: inout Group) -> Bool {
        let limit = coalescing.limit
        guard runner.configuration.burst >= limit, room < limit, !isQueued, let deadline = patience else {
            return false
        }
        setTimer(at: deadline, &group)
        return true
    }

    /// Takes the ended calls for a claim to write along. What the limiter learnt goes to the store with them, in a
    /// separate write.
    mutating func takeForClaim(_ group: inout Group) -> [Completion] {
        if isLimiterChanged { write(&group) }
        return isLimiterChanged ? [] : take()
    }

    /// Until when ended calls may wait for others to end; nil where they are to be written now.
    private var patience: MonotonicTime? {
        guard urgency == .none, !state.isEnding else { return nil }
        return coalescing.deadline(count: gathered.count, underWay: state.underWay, at: clock.monotonic)
    }

    /// As one group while the last one is written.
    private mutating func write(_ group: inout Group) {
        guard !isWriting, !gathered.isEmpty else { return }
        if let deadline = patience, !isLimiterChanged { return setTimer(at: deadline, &group) }
        isWriting = true
        let completions = take()
        let readyAt = completions.readyAt
        let limiter = isLimiterChanged ? runner.traffic.limiterState : nil
        isLimiterChanged = false
        group.addTask { [store = runner.store, mailbox] in
            do {
                _ = try await store.finish(completions)
                if let limiter { try await store.saveLimiterState(limiter) }
                mailbox.post(.written(completions.count, readyAt: readyAt))
            } catch {
                mailbox.post(.notWritten(error))
            }
        }
    }

    private mutating func take() -> [Completion] {
        defer { gathered = [] }
        coalescing.took(gathered.count, at: clock.monotonic)
        return gathered
    }
}

extension [Completion] {
    /// When the first of their records is ready again; nil when none is queued.
    var readyAt: WallTime? { lazy.compactMap(\.readyAt).min() }
}
