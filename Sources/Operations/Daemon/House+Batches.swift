import Foundation
import Ingest
import JobRunner
import RecordStore
import Results
import Settings

extension House {
    /// Where and how results of a job's batches are written.
    func results(of job: JobDefinition) -> BatchResults {
        BatchResults(
            store: store, pricing: rules.place.pricing, place: ResultsPlace(job, settings: settings),
            timeZone: job.limits.timeZone)
    }

    /// Writes a batch's results.
    ///
    /// - Returns: The folder they are in.
    func writeResults(of batch: Batch) throws -> String {
        let job = rules.job(named: batch.job) ?? JobDefinition(unnamedWith: settings)
        return try results(of: job).write(batch).paths.folder
    }

    /// Lets a batch's input file go where its job says. Done again, it finds nothing to do.
    func release(_ batch: Batch) async throws {
        guard let claim = try store.claimedFile(of: batch.id) else { return }
        guard let job = rules.job(named: batch.job) else { return }
        if let folder = try dropFolder(of: job) {
            try leave(folder, claim, batch, job)
        } else {
            try InputLeaving(path: claim.path).perform(job.after)
        }
        try await store.forgetClaimedFile(at: claim.path)
        // Another file of its name may have waited for it to leave.
        folderBell(of: batch.job).ring()
    }

    /// Why no calls are made for a batch just now; nil while they are, as far as anybody knows.
    func waiting(_ batch: Batch) -> String? {
        let status = traffic.status
        if let halt = status.halt { return "the way to the API is halted: \(halt.reason)" }
        if status.gate == .closed {
            let probe = status.nextProbeAt.map { "; next try at \(Figures.time($0))" } ?? ""
            return (status.reason ?? "the API is out of reach") + probe
        }
        guard let waiting = progress[batch.id]?.waiting, waiting.until > clock.now else { return nil }
        return "\(waiting.reason), until \(Figures.time(waiting.until))"
    }

    private func leave(_ folder: DropFolder, _ claim: ClaimedFile, _ batch: Batch, _ job: JobDefinition) throws {
        // In this order: a text that is left over would speak for nobody, and nobody would remove it.
        try folder.removeStatus(of: claim.name)
        switch job.after {
        case .archive, .keep: try folder.archive(claim.name, as: batch.name)
        case .delete: try folder.delete(claim.name)
        }
    }

    private func dropFolder(of job: JobDefinition) throws -> DropFolder? {
        try job.source.path.map { try DropFolder(path: $0, exchangeGroup: job.exchangeGroup) }
    }
}
