import DropFolder
import Foundation
import RecordStore
import Results
import Settings

/// The folder of a batch's results, their form, what they say of the job, and who may access them.
struct ResultsLocation: Equatable, Sendable {
    private enum Naming: Equatable {
        case byBatch
        /// Beside a drop folder, for people who know the file and the day.
        case byFile(TimeZone)
    }

    /// The folder that holds the batches' folders.
    let output: String
    /// The form of `results.csv`.
    let form: ResultOptions
    /// The job's file, where `--job` does not find it by the job's name; nil where it does, and without a job.
    let jobFile: String?
    private let naming: Naming
    /// The drop folder whose `out` it is, and the group that may have what lies there; nil: everything is private.
    private let exchange: Exchange?

    private struct Exchange: Equatable {
        let dropFolder: String
        let group: String
    }

    /// The place an operator names.
    init(output: String) {
        self.output = output
        form = ResultOptions()
        jobFile = nil
        naming = .byBatch
        exchange = nil
    }

    /// The place of a job's batches: `out/NAME_DATE_ID` of its drop folder, or below its or the settings' `output`.
    init(_ job: JobDefinition, settings: Settings) {
        output = job.output ?? job.source.path.map(DropFolder.output) ?? settings.output
        form = ResultOptions(job.outputForm)
        let named = URL(filePath: "\(settings.jobs)/\(job.name).yaml").standardizedFileURL.path
        jobFile = job.file == named ? nil : job.file
        naming = job.source.path == nil ? .byBatch : .byFile(job.timeZone)
        exchange =
            job.output == nil
            ? job.source.path.flatMap { path in job.exchangeGroup.map { Exchange(dropFolder: path, group: $0) } } : nil
    }

    /// The name of a batch's folder.
    func name(of batch: Batch) -> String {
        switch naming {
        case .byBatch: batch.name
        case .byFile(let zone):
            ResultFolderName.of(batch.fileName, takenAt: batch.createdAt, in: zone, batch: batch.id.rawValue)
        }
    }

    func folder(of batch: Batch) -> String { "\(output)/\(name(of: batch))" }

    /// Gives a batch's folder, in which results were just written, to the group that may have it, where there is one.
    ///
    /// - Throws: `DropFolderError` when there is no such group, or something cannot be given to it.
    func share(_ batch: Batch) throws {
        guard let exchange else { return }
        try DropFolder(path: exchange.dropFolder, exchangeGroup: exchange.group).shareResults(name(of: batch))
    }
}

extension ResultOptions {
    fileprivate init(_ form: Settings.OutputForm) {
        let delimiter: Delimiter =
            switch form.delimiter {
            case .input: .input
            case .comma: .comma
            case .semicolon: .semicolon
            }
        let tables = form.formats.map { format -> ResultTable in
            switch format {
            case .csv: .csv
            case .jsonl: .jsonl
            case .xlsx: .xlsx
            }
        }
        self.init(delimiter: delimiter, guardsIDs: form.isSafe, tables: Set(tables))
    }
}
