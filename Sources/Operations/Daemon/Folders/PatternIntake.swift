import Basics
import DropFolder
import Foundation
import JobRunner
import Logging
import RecordStore
import Settings

/// One round of a job that takes in all whole files its pattern names; files known by their content are skipped.
///
/// A file is looked at twice, `settle` apart by the monotonic clock: its modification time is set by its writer, or by
/// a file server whose clock differs. What has changed between the looks is left for the next round.
struct PatternIntake {
    let context: DaemonContext
    let job: JobDefinition
    /// When the round was due, where it was begun before; nil: it was not.
    var begun: WallTime?

    /// Takes the files in, one after the other.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func perform() async throws {
        let pattern = FilePattern(job.source)
        var settling = pattern.settling()
        var listing = pattern.look()
        var finding = settling.take(listing, at: context.clock.monotonic)
        if let nextPollAt = finding.nextPollAt {
            await WakeSignal().wait(until: nextPollAt, on: context.clock)
            if Task.isCancelled || context.stop.isRaised { return }
            listing = pattern.look()
            finding = settling.take(listing, at: context.clock.monotonic)
        }
        try await report(listing, finding)
        for file in finding.whole where !context.stop.isRaised {
            // Others were read meanwhile, which may have taken long.
            if pattern.isUnchanged(file) { try await take(file.name) } else { logUnfinished([file.name]) }
        }
    }

    private func report(_ listing: FolderListing, _ finding: SettlingFiles.Finding) async throws {
        if listing.files.isEmpty, try await !hasTakenAny() {
            context.log.warning("no file for a job that is due", metadata: ["job": "\(job.name)"])
            context.notices.notifyOfMissingFile(for: job)
        }
        logUnfinished(finding.settling)
        if !finding.withoutMarker.isEmpty {
            context.log.warning(
                "files are left for the next time: no marker made after them lies beside them",
                metadata: ["job": "\(job.name)", "files": "\(NumberFormat.names(finding.withoutMarker))"])
        }
        if !listing.skippedFiles.isEmpty {
            context.log.notice(
                "left alone", metadata: ["job": "\(job.name)", "files": "\(NumberFormat.names(listing.skippedFiles))"])
        }
    }

    /// Whether files were taken in before, when the round was begun.
    private func hasTakenAny() async throws -> Bool {
        guard let begun else { return false }
        return try await context.store.batches().contains { $0.job == job.name && $0.createdAt >= begun }
    }

    private func logUnfinished(_ paths: [String]) {
        guard !paths.isEmpty else { return }
        context.log.warning(
            "files are left for the next time: they are still being written",
            metadata: ["job": "\(job.name)", "files": "\(NumberFormat.names(paths))"])
    }

    /// Continues files whose reading was cut short.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func goOn() async throws {
        for claim in try await context.store.claimedFiles(of: job.name) where !claim.isElsewhere {
            guard let batch = claim.batch, try await context.store.batch(batch).state == .ingesting else { continue }
            try await take(claim.path)
        }
    }

    private func take(_ path: String) async throws {
        let name = URL(filePath: path).lastPathComponent
        let claim =
            try await context.store.claimedFile(at: path)
            ?? ClaimedFile(path: path, job: job.name, name: name, claimedAt: context.clock.now)
        // Another node is at it, or goes on with what one had begun that has ended.
        guard !claim.isElsewhere else { return }
        switch try await FileIntake(context: context, job: job).take(path, claim: claim, progress: { _ in }) {
        case .taken, .interrupted: break
        case .known(let batch):
            context.log.info(
                "file is known", metadata: ["job": "\(job.name)", "file": "\(name)", "batch": "\(batch.name)"])
            if batch.state.isFinished { try leave(path, name) }
        case .refused(let error):
            try await context.store.forgetClaimedFile(at: path)
            context.log.warning(
                "file rejected", metadata: ["file": "\(name)", "job": "\(job.name)", "reason": "\(error.description)"])
            context.notices.notifyOfRejection(of: error, at: path, under: job)
        }
    }

    /// A file whose every line has been answered is handled as after its own batch.
    private func leave(_ path: String, _ name: String) throws {
        do {
            try InputDisposal(path: path).perform(job.after)
        } catch {
            context.log.warning(
                "file stays where it is",
                metadata: ["file": "\(name)", "job": "\(job.name)", "reason": "\(OperationFailure(error).message)"])
        }
    }
}

/// The files a job's pattern names (`man 3 glob`); hidden ones only where the pattern names the dot.
struct FilePattern {
    private let source: JobDefinition.Source

    init(_ source: JobDefinition.Source) {
        self.source = source
    }

    /// Says which of the files are whole, from one look to the next.
    func settling() -> SettlingFiles {
        SettlingFiles(settle: source.settle, needsDoneMarker: source.needsDoneMarker, order: .init(source.order))
    }

    /// Everything the pattern names, as it stands now; names are paths.
    func look() -> FolderListing { FolderListing(paths: matches, readsMarkers: source.needsDoneMarker) }

    /// Whether a file still is as it was seen.
    func isUnchanged(_ file: ObservedFile) -> Bool {
        FolderListing(paths: [file.name], readsMarkers: false).files.first?.isUnchanged(since: file) ?? false
    }

    private var matches: [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(source.glob ?? "", 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { index in found.gl_pathv[index].map { String(cString: $0) } }
    }
}

extension SettlingFiles.Order {
    /// As the job says it.
    init(_ order: JobDefinition.Source.Order) {
        switch order {
        case .name: self = .name
        case .modified: self = .modified
        }
    }
}
