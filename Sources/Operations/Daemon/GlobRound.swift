import Basics
import DropFolder
import Foundation
import JobRunner
import Logging
import RecordStore
import Settings

/// One round of a job that takes in all whole files its pattern names; files known by their content are passed over.
///
/// A file is looked at twice, `settle` apart by the monotonic clock: what its time says is the word of whoever writes it,
/// or of a file server whose clock is another. What has changed between the looks is left for the next round.
struct GlobRound {
    let house: House
    let job: JobDefinition

    /// Takes the files in, one after the other.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func perform() async throws {
        let pattern = FilePattern(job.source)
        var settling = pattern.settling()
        var listing = pattern.look()
        var finding = settling.take(listing, at: house.clock.monotonic)
        if let lookAgainAt = finding.lookAgainAt {
            await Doorbell().wait(until: lookAgainAt, on: house.clock)
            if Task.isCancelled || house.stop.isRaised { return }
            listing = pattern.look()
            finding = settling.take(listing, at: house.clock.monotonic)
        }
        tell(listing, finding)
        for file in finding.whole where !house.stop.isRaised {
            // Others were read meanwhile, which may have taken long.
            if pattern.isUnchanged(file) { try await take(file.name) } else { tellUnfinished([file.name]) }
        }
    }

    private func tell(_ listing: FolderListing, _ finding: SettlingFiles.Finding) {
        if listing.files.isEmpty {
            house.log.warning("no file for a job that is due", metadata: ["job": "\(job.name)"])
        }
        tellUnfinished(finding.settling)
        if !finding.withoutMarker.isEmpty {
            house.log.warning(
                "files are left for the next time: no marker made after them lies beside them",
                metadata: ["job": "\(job.name)", "files": "\(Figures.names(finding.withoutMarker))"])
        }
        if !listing.leftAlone.isEmpty {
            house.log.notice(
                "left alone", metadata: ["job": "\(job.name)", "files": "\(Figures.names(listing.leftAlone))"])
        }
    }

    private func tellUnfinished(_ paths: [String]) {
        guard !paths.isEmpty else { return }
        house.log.warning(
            "files are left for the next time: they are still being written",
            metadata: ["job": "\(job.name)", "files": "\(Figures.names(paths))"])
    }

    /// Goes on with files whose reading was cut short.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func goOn() async throws {
        for claim in try house.store.claimedFiles(of: job.name) {
            guard let batch = claim.batch, try house.store.batch(batch).state == .ingesting else { continue }
            try await take(claim.path)
        }
    }

    private func take(_ path: String) async throws {
        let name = URL(filePath: path).lastPathComponent
        let claim =
            try house.store.claimedFile(at: path)
            ?? ClaimedFile(path: path, job: job.name, name: name, claimedAt: house.clock.now)
        let outcome = try await FileTaking(house: house, job: job).take(path, claim: claim) { _ in }
        switch outcome {
        case .taken, .interrupted: break
        case .known(let batch):
            house.log.info(
                "file is known", metadata: ["job": "\(job.name)", "file": "\(name)", "batch": "\(batch.name)"])
            if batch.state.isFinished { try leave(path, name) }
        case .refused(let error):
            try await house.store.forgetClaimedFile(at: path)
            house.log.warning(
                "file rejected", metadata: ["file": "\(name)", "job": "\(job.name)", "reason": "\(error.description)"])
            house.tellRejection(of: error, under: job)
        }
    }

    /// A file whose every line is answered already goes where it would go after its own batch.
    private func leave(_ path: String, _ name: String) throws {
        do {
            try InputLeaving(path: path).perform(job.after)
        } catch {
            house.log.warning(
                "file stays where it is",
                metadata: ["file": "\(name)", "job": "\(job.name)", "reason": "\(OperationFailure(error).message)"])
        }
    }
}
