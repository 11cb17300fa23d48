import Basics
import DropFolder
import Foundation
import Ingest
import JobRunner
import Logging
import RecordStore
import Results
import ServiceLifecycle
import Settings

extension DaemonContext {
    /// Where and how results of a job's batches are written.
    func results(of job: JobDefinition) -> BatchResults {
        BatchResults(
            store: store, pricing: configuration.place.pricing, place: ResultsLocation(job, settings: settings),
            clock: clock)
    }

    /// Writes a batch's results, and rewrites those of an earlier end in other folders: nobody should correct and
    /// resend a line that has been answered since.
    ///
    /// - Returns: The folder they are in, and those in which results of an earlier end had to stay as they are.
    func writeResults(of batch: Batch) async throws -> (folder: String, stale: [String]) {
        let job = configuration.job(named: batch.job) ?? JobDefinition(unnamedWith: settings)
        let results = results(of: job)
        let folder = try await results.write(batch).paths.folder
        var stale: [String] = []
        for other in try await results.staleFolders(of: batch) where try await !renew(other, of: batch, results) {
            stale.append(other)
        }
        return (folder, stale)
    }

    /// Whether results in another folder are those of now; one that cannot be written does not prevent it.
    private func renew(_ folder: String, of batch: Batch, _ results: BatchResults) async throws -> Bool {
        do {
            _ = try await results.write(batch, into: folder)
            return true
        } catch  where error.endsTheDaemon {
            throw error
        } catch {
            log.error(
                "results of an earlier end could not be written again",
                metadata: batch.logged(["folder": "\(folder)", "reason": "\(OperationFailure(error).message)"]))
            return false
        }
    }

    /// Releases a batch's input file as its job says. Idempotent.
    ///
    /// What was written into the file, or in its place, since it was taken in has not been read: it is not archived as
    /// if it had been answered. Blocks on the file's disk or share.
    func release(_ batch: Batch) async throws {
        guard let claim = try await ownFile(of: batch.id) else { return }
        guard let job = configuration.job(named: batch.job) else { return }
        let folder = try dropFolder(of: job)
        if let folder { try await takeBack(claim, batch, folder) }
        let content = try ContentDigest.of(fileAt: claim.path)
        let isRead = content == nil || content == batch.contentDigest
        if let folder {
            if isRead { try leave(folder, claim, batch, job) } else { try refuse(folder, claim, batch, job) }
        } else if isRead {
            try InputDisposal(path: claim.path).perform(job.after)
        } else {
            log.notice(
                "another file has taken the input file's place; it is taken in when the job is due",
                metadata: batch.logged(["file": "\(claim.name)"]))
        }
        try await store.forgetClaimedFile(at: claim.path)
        try await eraseForgotten(from: batch)
        // Another file of the same name may have been waiting.
        folderWakeSignal(of: batch.job).wakeUp()
    }

    /// The file that a batch was made from, until it is released; nil also for one that another node has taken over.
    func ownFile(of batch: BatchID) async throws -> ClaimedFile? {
        let claim = try await store.claimedFile(of: batch)
        return claim?.isElsewhere ?? true ? nil : claim
    }

    /// Takes the rows of persons who were forgotten meanwhile out of the file, which was left as it was until now.
    private func eraseForgotten(from batch: Batch) async throws {
        let outcome = try await ForgottenFiles(store: store, place: configuration.place).erase(from: batch)
        for fault in outcome.faults {
            log.error(
                "rows of forgotten persons are left in a file; forget them again",
                metadata: batch.logged(["reason": "\(fault)"]))
        }
    }

    /// Takes the file of a batch that waited for confirmation out of the inbox again, unless it has been replaced.
    private func takeBack(_ claim: ClaimedFile, _ batch: Batch, _ folder: DropFolder) async throws {
        guard try !folder.holdsInWorking(claim.name), let file = try folder.sighting(of: claim.name) else { return }
        let path = folder.inboxPath(of: claim.name)
        do {
            let content = try ContentDigest.of(fileAt: path)
            if content == batch.contentDigest { _ = try folder.claim(file) }
        } catch is InputError {
            // One that cannot be read is not the one that was read before.
        }
    }

    /// Why no calls are made for a batch just now; nil while they are, as far as is known.
    func waiting(_ batch: Batch) -> String? {
        if let full = store.storageCondition.waiting { return full }
        let status = traffic.status
        if let halt = status.halt { return "the way to the API is halted: \(halt.reason)" }
        if status.gate == .closed {
            let probe = status.nextProbeAt.map { "; next try at \(NumberFormat.time($0))" } ?? ""
            return (status.reason ?? "the API is out of reach") + probe
        }
        guard let wait = progress[batch.id]?.wait, wait.end > clock.monotonic else { return nil }
        return "\(wait.reason), until \(NumberFormat.time(wait.until))"
    }

    private func leave(_ folder: DropFolder, _ claim: ClaimedFile, _ batch: Batch, _ job: JobDefinition) throws {
        // In this order: a leftover text would describe no file, and nothing would remove it.
        try folder.removeStatus(of: claim.name)
        switch job.after {
        case .archive, .keep: try folder.archive(claim.name, as: batch.name)
        case .delete: try folder.delete(claim.name)
        }
    }

    private func refuse(_ folder: DropFolder, _ claim: ClaimedFile, _ batch: Batch, _ job: JobDefinition) throws {
        var error = InputError(
            file: claim.name,
            rule:
                "was written to after it was taken in; its \(NumberFormat.count(batch.counts.total, "line")) of then are "
                + "answered as \(batch.name), what was added or changed is not")
        error.consequence = "was still being written when it was taken"
        error.remedy =
            "Drop what is not answered as a file of its own, and let 'settle' be longer than the writer rests"
        try folder.removeStatus(of: claim.name)
        let path = try folder.reject(claim.name, because: error, as: batch.name)
        log.warning("file was written to after it was taken in", metadata: batch.logged(["file": "\(claim.name)"]))
        notices.notifyOfRejection(of: error, at: path, under: job)
    }

    private func dropFolder(of job: JobDefinition) throws -> DropFolder? {
        try job.source.path.map {
            try DropFolder(path: $0, exchangeGroup: job.exchangeGroup, node: store.numberInSharedFolders)
        }
    }
}

/// Releases the input files that could not be released when their batches were over, and those a crash left in place.
/// The results exist; only the file is not where its job says.
struct FileReleaseRetry: Service {
    let context: DaemonContext
    static let name = "input files"

    /// Tries at intervals, until it is cancelled.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func run() async throws { try await BlockingWork.runTask(retryForEver) }

    private func retryForEver() async throws {
        for batch in try await context.store.batchesHoldingFiles() { context.pendingReleases.add(batch) }
        var told = [BatchID: String]()
        while !Task.isCancelled {
            for batch in context.pendingReleases.all where !Task.isCancelled {
                context.attendance.expectWithFiles(Self.name)
                try await retry(batch, &told)
            }
            context.attendance.leave(Self.name)
            if context.pendingReleases.all.isEmpty {
                await context.pendingReleases.wakeSignal.wait()
            } else {
                await context.pendingReleases.wakeSignal.wait(for: context.intervals.pendingReleases, on: context.clock)
            }
        }
    }

    /// One more attempt. An obstacle is reported once, and again if it changes.
    private func retry(_ id: BatchID, _ told: inout [BatchID: String]) async throws {
        guard let batch = try await batch(id) else { return context.pendingReleases.remove(id) }
        guard let obstacle = try await obstacle(to: batch) else {
            told[id] = nil
            return context.pendingReleases.remove(id)
        }
        if told.updateValue(obstacle, forKey: id) != obstacle { report(obstacle, batch) }
    }

    /// Releases a batch's file and returns the obstacle; nil: released.
    private func obstacle(to batch: Batch) async throws -> String? {
        do {
            try await context.release(batch)
            let isLeft = try await context.ownFile(of: batch.id) != nil
            return isLeft ? "its job '\(batch.job)' is not there any more; put its file back into the jobs folder" : nil
        } catch  where error.endsTheDaemon {
            throw error
        } catch {
            return OperationFailure(error).message
        }
    }

    /// Nil for one that was erased meanwhile.
    private func batch(_ id: BatchID) async throws -> Batch? {
        do {
            return try await context.store.batch(id)
        } catch let error as StoreError where error.code == .notFound {
            return nil
        }
    }

    private func report(_ obstacle: String, _ batch: Batch) {
        context.log.error(
            "input file could not be moved; it is tried again", metadata: batch.logged(["reason": "\(obstacle)"]))
    }
}

/// Batches that are over, their results written, but whose input files could not be released: only `FileReleaseRetry`
/// tries them again.
final class PendingFileReleases: Sendable {
    private let waiting = Lock<Set<BatchID>>([])
    /// Signalled when a batch is added.
    let wakeSignal = WakeSignal()

    /// The batches, the oldest first.
    var all: [BatchID] { waiting.withLock { $0.sorted() } }

    /// Whether a batch's file waits to be released.
    func contains(_ batch: BatchID) -> Bool { waiting.withLock { $0.contains(batch) } }

    /// One more file waits.
    func add(_ batch: BatchID) {
        if waiting.withLock({ $0.insert(batch).inserted }) { wakeSignal.wakeUp() }
    }

    /// A batch's file is gone.
    func remove(_ batch: BatchID) {
        waiting.withLock { _ = $0.remove(batch) }
    }
}

/// What becomes of an input file outside drop folders, once its batch is done. Idempotent.
struct InputDisposal {
    let path: String

    /// Moves it into `archive/` beside it, deletes it, or leaves it. A marker beside it that said it was whole goes
    /// first: left behind, it would mark the next file of that name as complete.
    ///
    /// - Throws: `CocoaError` when it cannot be moved or deleted.
    func perform(_ after: JobDefinition.After) throws {
        let files = FileManager.default
        guard after != .keep, files.fileExists(atPath: path) else { return }
        let marker = path + DropFolder.markerEnding
        if files.fileExists(atPath: marker) { try files.removeItem(atPath: marker) }
        guard after == .archive else { return try files.removeItem(atPath: path) }
        let file = URL(filePath: path)
        let folder = file.deletingLastPathComponent().appending(path: "archive")
        try files.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try files.moveItem(at: file, to: freePlace(for: file, in: folder))
    }

    /// Under its own name, or with a number where an earlier file has it.
    private func freePlace(for file: URL, in folder: URL) -> URL {
        let (stem, ending) = (file.deletingPathExtension().lastPathComponent, file.pathExtension)
        let names = [file.lastPathComponent] + (2...).lazy.prefix(100_000).map { "\(stem).\($0).\(ending)" }
        let places = names.lazy.map { folder.appending(path: $0) }
        return places.first { !FileManager.default.fileExists(atPath: $0.path) }
            ?? folder.appending(path: file.lastPathComponent)
    }
}
