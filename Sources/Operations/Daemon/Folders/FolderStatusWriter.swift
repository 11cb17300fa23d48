import Basics
import DropFolder
import JobRunner
import Logging
import RecordStore
import Settings

/// The status texts in a drop folder: `NAME.status.txt` in the inbox, for each file there and each that is worked on.
struct FolderStatusWriter {
    let context: DaemonContext
    let job: JobDefinition
    let folder: DropFolder
    /// Signalled when there is a file to report on.
    let wakeSignal: WakeSignal
    /// What was written last of files that wait in the inbox.
    private let written = WrittenTexts()

    init(context: DaemonContext, job: JobDefinition, folder: DropFolder) {
        (self.context, self.job, self.folder, wakeSignal) = (context, job, folder, WakeSignal())
    }

    private struct Situation: Equatable {
        let phase: FileStatus.Phase
        let anotherWaits: Bool
    }

    /// Writes at intervals while files are being worked on, until it is cancelled.
    ///
    /// - Throws: `StoreError` when the database could not be read; `DropFolderError` when the folder could not.
    func run() async throws {
        var told = [String: Situation]()
        var requests = ConfirmationRequests(context: context, job: job, folder: folder)
        var sameNames = SameNameFiles(folder: folder)
        while !Task.isCancelled {
            let claims = try await context.store.claimedFiles(of: job.name).filter { !$0.isElsewhere }
            var current = [String: Situation]()
            for claim in claims {
                let batch = try await context.store.batch(of: claim)
                guard let batch, let phase = try await phase(of: batch, claim, &requests) else { continue }
                let another = try sameNames.isThereAnother(of: claim, batch)
                let situation = Situation(phase: phase, anotherWaits: another)
                current[claim.name] = situation
                if told[claim.name] != situation { say(claim, phase, batch, anotherWaits: another) }
            }
            told = current
            if claims.isEmpty { await wakeSignal.wait() }
            await WakeSignal().wait(for: context.intervals.statusWriter, on: context.clock)
        }
    }

    /// Writes one file's text. The inbox's owner may prevent it, which is no reason to stop.
    func say(_ claim: ClaimedFile, _ phase: FileStatus.Phase, _ batch: Batch?, anotherWaits: Bool = false) {
        say(
            FileStatus(
                file: claim.name, batch: batch?.name, takenAt: claim.claimedAt, phase: phase,
                anotherWaits: anotherWaits, writtenAt: context.clock.now, zone: job.timeZone))
    }

    /// Says what files that lie in the inbox wait for, and removes the texts of those that have gone.
    ///
    /// - Parameters:
    ///   - waiting: the files and what they wait for.
    ///   - before: the same at the last look.
    ///   - claimed: names of files being worked on, whose texts are written elsewhere.
    /// - Throws: `StoreError` when the database could not be read; `DropFolderError` when the folder could not.
    func say(
        waiting: [String: FileStatus.Phase], before: [String: FileStatus.Phase], claimed: Set<String>
    ) async throws {
        for (name, phase) in waiting where before[name] != phase {
            let status = FileStatus(file: name, phase: phase, writtenAt: context.clock.now, zone: job.timeZone)
            written.keep(status)
            say(status)
        }
        defer { written.keepOnly(waiting.keys) }
        for name in before.keys where waiting[name] == nil && !claimed.contains(name) {
            guard try folder.sighting(of: name) == nil,
                try await context.store.claimedFile(at: folder.workingPath(of: name)) == nil
            else { continue }
            take(backOf: name)
        }
    }

    private func take(backOf name: String) {
        do {
            // Another node may have taken the file, and said since what became of it.
            guard folder.isShared else { return try folder.removeStatus(of: name) }
            if let status = written[name] { try folder.removeStatus(saying: status) }
        } catch {
            context.log.warning("status text not removed", metadata: ["file": "\(name)", "reason": "\(error)"])
        }
    }

    /// Says what lies in the inbox and is not taken in.
    func say(skippedFiles things: [SkippedFile]) {
        do {
            try folder.writeNotTaken(things)
        } catch {
            context.log.warning("status text not written", metadata: ["job": "\(job.name)", "reason": "\(error)"])
        }
    }

    /// Writes why a file was refused.
    func say(_ error: InputError) {
        say(FileStatus(file: error.file, phase: .rejected(error), writtenAt: context.clock.now, zone: job.timeZone))
    }

    private func say(_ status: FileStatus) {
        do {
            try folder.writeStatus(status)
        } catch {
            context.log.warning("status text not written", metadata: ["file": "\(status.file)", "reason": "\(error)"])
        }
    }

    private func phase(
        of batch: Batch, _ claim: ClaimedFile, _ requests: inout ConfirmationRequests
    ) async throws -> FileStatus.Phase? {
        let waiting = context.waiting(batch)
        switch batch.state {
        case .ingesting: return nil
        case .awaitingConfirmation: return .waitingForConfirmation(try await requests.request(for: batch, of: claim))
        case .paused: return .paused(reason: batch.reason, remedy: try await pauseEnds(batch))
        case .halted:
            return .halted(
                reason: batch.reason ?? "something is wrong",
                remedy:
                    "ask those who run Rollcall; once that is put right, \(Hint.resume(batch: batch.name)) continues it"
            )
        case .running where batch.counts.calls == 0 && waiting != nil: return .queued(reason: waiting)
        case .running: return .running(progress(of: batch, waiting: waiting))
        case .cancelled: return .cancelled
        case .completed, .rejected: return nil
        }
    }

    /// What ends a pause. Resuming a batch that a cap paused before the cap resets would only pause it again.
    private func pauseEnds(_ batch: Batch) async throws -> String {
        if let instant = try await context.store.resumptions()[batch.id] {
            return "nothing; it continues by itself at \(NumberFormat.time(instant))"
        }
        let resume = "\(Hint.resume(batch: batch.name)) continues it"
        guard let cap = job.limits.batchCalls, batch.counts.calls >= cap else {
            return "ask those who run Rollcall; \(resume)"
        }
        return "ask those who run Rollcall to raise limits.batch_calls; then \(resume)"
    }

    /// Why calls are made more slowly than the contract allows; nil while they are not.
    private var slowed: String? {
        let allowed = context.traffic.status.allowedRate
        guard allowed < 0.95 * context.settings.limits.rate else { return nil }
        return "the API refuses calls as too many; \(NumberFormat.rate(allowed)) a second are made for now"
    }

    private func progress(of batch: Batch, waiting: String?) -> FileStatus.Progress {
        let counts = batch.counts
        return FileStatus.Progress(
            done: counts.total - counts.queued - counts.inFlight, total: counts.total,
            rate: context.progress[batch.id]?.rate, waiting: waiting, slowed: slowed)
    }
}

/// The last texts of files that wait in an inbox, by their names.
private final class WrittenTexts: Sendable {
    private let texts = Lock<[String: FileStatus]>([:])

    subscript(name: String) -> FileStatus? { texts.withLock { $0[name] } }

    func keep(_ status: FileStatus) { texts.withLock { $0[status.file] = status } }

    func keepOnly(_ names: some Sequence<String>) {
        let names = Set(names)
        texts.withLock { texts in texts = texts.filter { names.contains($0.key) } }
    }
}
