import Foundation
import Ingest
import RecordStore
import Settings

/// In which folder a batch's results lie. A pure rule.
struct ResultsPlace: Equatable, Sendable {
    private enum Naming: Equatable {
        case byBatch
        /// Beside a drop folder, for people who know the file and the day.
        case byFile(TimeZone)
    }

    /// The folder that holds the batches' folders.
    let output: String
    private let naming: Naming

    /// The place a person names.
    init(output: String) {
        self.output = output
        naming = .byBatch
    }

    /// The place of a job's batches: `out/NAME_DATE_ID` of its drop folder, or below its or the settings' `output`.
    init(_ job: JobDefinition, settings: Settings) {
        output = job.output ?? job.source.path.map(DropFolder.output) ?? settings.output
        naming = job.source.path == nil ? .byBatch : .byFile(job.timeZone)
    }

    /// The name of a batch's folder.
    func name(of batch: Batch) -> String {
        switch naming {
        case .byBatch: batch.name
        case .byFile(let zone): ResultFolderName.of(batch.fileName, takenAt: batch.createdAt, in: zone, batch: batch.id)
        }
    }

    /// A batch's folder.
    func folder(of batch: Batch) -> String { "\(output)/\(name(of: batch))" }
}
