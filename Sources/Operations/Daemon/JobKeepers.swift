import DropFolder
import JobRunner
import Logging
import RecordStore
import Settings

/// Runs every enabled job's folder and schedule, under the rules of now; when the rules change they begin anew.
///
/// A keeper can be ended at any moment: what it does it can do again.
struct JobKeepers {
    let house: House
    /// Rings when the rules have changed.
    let reloaded: Doorbell

    /// Works until it is cancelled.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func run() async throws {
        while !Task.isCancelled {
            let jobs = house.rules.jobs.values.filter(\.isEnabled)
            try await house.store.forgetSchedules(except: Set(jobs.map(\.name)))
            try await withThrowingTaskGroup { group in
                for job in jobs {
                    group.addTask {
                        try await keep(job)
                        return false
                    }
                }
                group.addTask {
                    await reloaded.wait()
                    return true
                }
                // A job whose state cannot be recorded is heard of at once, not only when the rules change.
                while let isReloaded = try await group.next(), !isReloaded {}
                group.cancelAll()
            }
        }
    }

    /// One job's folder that cannot be used does not stop the others, and is tried again: a share may come back.
    private func keep(_ job: JobDefinition) async throws {
        var told: String?
        while !Task.isCancelled {
            let began = house.clock.monotonic
            guard let reason = try await failure(of: job) else { return }
            // One that has run for a while has stopped anew.
            if reason != told || house.clock.monotonic - began > 1_000_000_000 {
                house.log.error("job does not run yet", metadata: ["job": "\(job.name)", "reason": "\(reason)"])
            }
            told = reason
            await Doorbell().wait(for: house.rhythm.folders, on: house.clock)
        }
    }

    /// Why a job cannot run on; nil: it need not.
    private func failure(of job: JobDefinition) async throws -> String? {
        do {
            try await JobKeeper(house: house, job: job).run()
            return nil
        } catch  where error.endsTheDaemon {
            throw error
        } catch is CancellationError {
            return nil
        } catch {
            return OperationFailure(error).message
        }
    }
}

/// Runs one job: its folder, its schedule, or both together.
struct JobKeeper {
    let house: House
    let job: JobDefinition

    /// Works until it is cancelled; returns at once for a job that nothing starts by itself.
    func run() async throws {
        let due = Doorbell()
        try await withThrowingDiscardingTaskGroup { group in
            if job.source.glob != nil { try await GlobRound(house: house, job: job).goOn() }
            if let path = job.source.path {
                let folder = try DropFolder(path: path, exchangeGroup: job.exchangeGroup)
                let occasion = job.schedule == nil ? nil : due
                group.addTask {
                    try await FolderKeeper(house: house, job: job, folder: folder, occasion: occasion).run()
                }
            }
            if let schedule = job.schedule {
                group.addTask {
                    try await ScheduleKeeper(
                        house: house, job: job, expression: schedule, mayRepeat: job.rerun == nil
                    ) { try await perform(due) }.run()
                }
            }
        }
    }

    private func perform(_ due: Doorbell) async throws {
        if let rerun = job.rerun { return try await RerunRound(house: house, job: job, rerun: rerun).perform() }
        if job.source.glob != nil { return try await GlobRound(house: house, job: job).perform() }
        due.ring()
    }
}
