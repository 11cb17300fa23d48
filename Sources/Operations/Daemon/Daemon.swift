import JobRunner
import Logging
import RecordStore

/// The daemon at work: all its parts as child tasks of one `run()`, until its house's stop is raised.
struct Daemon {
    let house: House
    let reloaded: Doorbell
    /// When the process ends at the latest, once its end has begun.
    var deadline: ExitDeadline?
    /// How long telling everybody and closing may take after a failure.
    private static let failureTime = Notifier.timeLimit + .seconds(15)

    /// Works until the stop is raised, then until no call is under way, all state is written and everybody is told; those
    /// who still wait to be told have together as long as one of them may take. Then connections and database are closed.
    ///
    /// - Throws: `StoreError` when state could not be read or written: nothing can be accounted for then, calls under way
    ///   become in doubt at the next start, and everybody has been told.
    func run() async throws {
        house.store.observeStorage { [weak house] in house?.tell($0) }
        house.stop.limitWaiting(in: house.store)
        // Before anything else can be told.
        try house.tellRestore()
        try await withThrowingTaskGroup { group in
            group.addTask { await house.notifier.run() }
            let outcome = await outcome()
            if case .failure(let error) = outcome {
                deadline?.set(Self.failureTime)
                house.tellFailure(error)
            }
            house.notifier.finish()
            group.addTask {
                await house.clock.sleep(until: house.clock.monotonic + Notifier.timeLimit.nanoseconds)
            }
            try await group.next()
            group.cancelAll()
            await house.client.shutDown()
            try await close(after: outcome)
        }
    }

    /// What the work failed with weighs more than what closing fails with.
    private func close(after outcome: Result<Void, any Error>) async throws {
        do {
            try await house.store.closeWithoutBlocking()
        } catch {
            try outcome.get()
            throw error
        }
        try outcome.get()
    }

    private func outcome() async -> Result<Void, any Error> {
        do {
            return .success(try await work())
        } catch {
            return .failure(error)
        }
    }

    /// Every part is a child and the body only awaits them: an error is thrown here as soon as its part has failed, and
    /// the others are cancelled then.
    private func work() async throws {
        try await withThrowingTaskGroup { group in
            let supervisor = BatchSupervisor(house: house, reload: Reload(house: house, reloaded: reloaded))
            group.addTask {
                try await supervisor.run()
                return true
            }
            for part in parts {
                group.addTask {
                    try await part.keepRunning(in: house)
                    return false
                }
            }
            // The supervisor is the last to leave.
            while let isSupervisor = try await group.next(), !isSupervisor {}
            group.cancelAll()
        }
    }

    private var parts: [DaemonPart] {
        [
            DaemonPart("jobs", JobKeepers(house: house, reloaded: reloaded).run),
            DaemonPart(GateJournal.name, GateJournal(house: house).run),
            DaemonPart(InputRelease.name, InputRelease(house: house).run),
            DaemonPart(Upkeep.name, Upkeep(house: house).run),
            DaemonPart("shutdown grace", ShutdownGrace(house: house).run),
        ]
    }
}
