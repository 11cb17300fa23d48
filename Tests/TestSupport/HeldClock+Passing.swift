package import Basics

extension HeldClock {
    /// Moves the clock on by so much; see ``advance(to:)``.
    package func advance(by duration: Duration) async {
        await advance(to: monotonic + duration)
    }

    /// Moves the clock to a monotonic time, stopping at each deadline before it so that those who wake see that time,
    /// until all in the clock's world wait again. A time in the past leaves it where it is.
    package func advance(to target: MonotonicTime) async {
        await work.untilIdle()
        while let next = deadlines.first, next <= target {
            jump(to: next)
            await work.untilIdle()
        }
        jump(to: target)
    }

    /// Moves the clock to a monotonic time at once, and wakes everyone due by then, the earliest deadline first.
    package func jump(to target: MonotonicTime) {
        let due = state.withLock { state in
            state.monotonic = max(state.monotonic, target)
            let due = state.sleepers.filter { $0.deadline <= state.monotonic }
            state.sleepers.removeAll { $0.deadline <= state.monotonic }
            return due.sorted { ($0.deadline, $0.id) < ($1.deadline, $1.id) }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Returns as soon as someone sleeps whose deadline is this one.
    package func untilSomeoneSleeps(until deadline: MonotonicTime) async {
        await untilSleepers { $0.contains(deadline) }
    }

    /// Returns as soon as so many sleep.
    package func untilSleepers(count: Int = 1) async {
        await untilSleepers { $0.count >= count }
    }

    /// Returns as soon as the deadlines of all who sleep are as wanted, or the task is cancelled.
    package func untilSleepers(_ isMet: @escaping @Sendable ([MonotonicTime]) -> Bool) async {
        let id = newID()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if isMet(state.sleepers.map(\.deadline)) || Task.isCancelled { return true }
                    state.watchers.append(Watcher(id: id, isMet: isMet, continuation: continuation))
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let watcher = state.withLock { state in
                state.watchers.firstIndex { $0.id == id }.map { state.watchers.remove(at: $0) }
            }
            watcher?.continuation.resume()
        }
    }

    /// Runs `body` in the world of this clock, which moves from one deadline to the next whenever all of it waits.
    ///
    /// - Parameter body: What happens meanwhile; it may wait for tasks that were started with `task` before.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    package func whileTimePasses<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
        let running = task(body)
        return try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask {
                try await withTaskCancellationHandler {
                    try await running.value
                } onCancel: {
                    running.cancel()
                }
            }
            group.addTask {
                await self.passTime()
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    private func passTime() async {
        while !Task.isCancelled {
            await untilSleepers()
            await work.untilIdle()
            guard !Task.isCancelled, let next = deadlines.first else { continue }
            jump(to: next)
        }
    }
}
