import Ingest
import JobRunner
import Logging
import RecordStore
import Settings

/// What people at a drop folder are told: `NAME.status.txt` in the inbox, for each file that is worked on.
struct FolderNews {
    let house: House
    let job: JobDefinition
    let folder: DropFolder
    /// Rings when there is a file to tell of.
    let bell: Doorbell

    /// Tells every now and then while files are worked on, until it is cancelled.
    ///
    /// - Throws: `StoreError` when the database could not be read.
    func run() async throws {
        var told = [String: FileStatus.Phase]()
        while !Task.isCancelled {
            let claims = try house.store.claimedFiles(of: job.name)
            var current = [String: FileStatus.Phase]()
            for claim in claims {
                guard let phase = try phase(of: claim) else { continue }
                current[claim.name] = phase
                if told[claim.name] != phase { say(claim, phase) }
            }
            told = current
            if claims.isEmpty { await bell.wait() }
            await Doorbell().wait(for: house.rhythm.news, on: house.clock)
        }
    }

    /// Writes one file's text. Whoever owns the inbox may be in its way, which is no reason to stop.
    func say(_ claim: ClaimedFile, _ phase: FileStatus.Phase) {
        let batch = claim.batch.flatMap { try? house.store.batch($0).name }
        say(
            FileStatus(
                file: claim.name, batch: batch, takenAt: claim.claimedAt, phase: phase, writtenAt: house.clock.now,
                zone: job.timeZone))
    }

    /// Writes why a file was refused.
    func say(_ error: InputError) {
        say(FileStatus(file: error.file, phase: .rejected(error), writtenAt: house.clock.now, zone: job.timeZone))
    }

    private func say(_ status: FileStatus) {
        do {
            try folder.writeStatus(status)
        } catch {
            house.log.warning("status text not written", metadata: ["file": "\(status.file)", "reason": "\(error)"])
        }
    }

    private func phase(of claim: ClaimedFile) throws -> FileStatus.Phase? {
        guard let batch = try claim.batch.map(house.store.batch) else { return nil }
        let waiting = house.waiting(batch)
        switch batch.state {
        case .ingesting: return nil
        case .awaitingConfirmation:
            return .waitingForConfirmation(
                reason: batch.reason ?? "it wants confirmation", command: "rollcall start \(batch.name)")
        case .paused: return .paused(reason: batch.reason, remedy: "'rollcall resume \(batch.name)' goes on")
        case .halted:
            return .halted(reason: batch.reason ?? "something is wrong", remedy: "'rollcall resume \(batch.name)'")
        case .running where batch.counts.calls == 0 && waiting != nil: return .queued(reason: waiting)
        case .running: return .running(progress(of: batch, waiting: waiting))
        case .cancelled: return .cancelled
        case .completed, .rejected: return nil
        }
    }

    private func progress(of batch: Batch, waiting: String?) -> FileStatus.Progress {
        let counts = batch.counts
        return FileStatus.Progress(
            done: counts.total - counts.queued - counts.inFlight, total: counts.total,
            rate: house.progress[batch.id]?.rate, waiting: waiting)
    }
}
