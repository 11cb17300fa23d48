import JobRunner
import RecordStore

/// The daemon at work: all its parts as child tasks of one `run()`, until its house's stop is raised.
struct Daemon {
    let house: House
    let reloaded: Doorbell

    /// Works until the stop is raised, then until no call is under way, all state is written and everybody is told; those
    /// who still wait to be told have together as long as one of them may take.
    ///
    /// - Throws: `StoreError` when state could not be read or written: nothing can be accounted for then, and calls
    ///   under way become in doubt at the next start.
    func run() async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { await house.notifier.run() }
            try await work()
            house.notifier.finish()
            group.addTask {
                let limit = Notifier.timeLimit.components.seconds * 1_000_000_000
                await house.clock.sleep(until: house.clock.monotonic + limit)
            }
            try await group.next()
            group.cancelAll()
        }
    }

    private func work() async throws {
        try await withThrowingTaskGroup { group in
            let supervisor = BatchSupervisor(house: house, reload: Reload(house: house, reloaded: reloaded))
            group.addTask {
                try await supervisor.run()
                return true
            }
            for part in parts {
                group.addTask {
                    try await part()
                    return false
                }
            }
            // The supervisor is the last to leave; an error of any part ends all.
            while let isSupervisor = try await group.next(), !isSupervisor {}
            group.cancelAll()
        }
    }

    private var parts: [@Sendable () async throws -> Void] {
        [
            JobKeepers(house: house, reloaded: reloaded).run, GateJournal(house: house).run,
            InputRelease(house: house).run, Upkeep(house: house).run,
            ShutdownGrace(house: house).run,
        ]
    }
}
