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

    private struct Situation: Equatable {
        let phase: FileStatus.Phase
        let anotherWaits: Bool
    }

    /// Tells every now and then while files are worked on, until it is cancelled.
    ///
    /// - Throws: `StoreError` when the database could not be read.
    func run() async throws {
        var told = [String: Situation]()
        while !Task.isCancelled {
            let claims = try house.store.claimedFiles(of: job.name)
            var current = [String: Situation]()
            for claim in claims {
                guard let phase = try phase(of: claim) else { continue }
                let situation = Situation(phase: phase, anotherWaits: folder.holdsInInbox(claim.name))
                current[claim.name] = situation
                if told[claim.name] != situation { say(claim, phase) }
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
                file: claim.name, batch: batch, takenAt: claim.claimedAt, phase: phase,
                anotherWaits: folder.holdsInInbox(claim.name), writtenAt: house.clock.now, zone: job.timeZone))
    }

    /// Says of files that they wait for their markers, and takes the word back for those that have gone.
    func say(waiting: Set<String>, before: Set<String>) throws {
        for name in waiting.subtracting(before) {
            say(FileStatus(file: name, phase: .waitingForMarker, writtenAt: house.clock.now, zone: job.timeZone))
        }
        for name in before.subtracting(waiting) where !folder.holdsInInbox(name) {
            guard try house.store.claimedFile(at: folder.workingPath(of: name)) == nil else { continue }
            try folder.removeStatus(of: name)
        }
    }

    /// Says how many files have names that cannot be used.
    func say(unusableNames count: Int) {
        do {
            try folder.writeNotTaken(count)
        } catch {
            house.log.warning("status text not written", metadata: ["job": "\(job.name)", "reason": "\(error)"])
        }
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
