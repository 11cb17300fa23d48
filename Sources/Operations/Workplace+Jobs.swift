import Foundation
import RecordStore
import Settings

extension Installation {
    /// The job a batch was taken in under; where its file is not in the jobs' folder, the settings alone, and whoever
    /// asks is told.
    func job(of batch: Batch, console: Console) throws -> JobDefinition {
        guard !knowsJob(batch.job) else { return try job(batch.job == JobDefinition.unnamed ? nil : batch.job) }
        console.note("there is no job '\(batch.job)' in \(settings.jobs); the settings alone apply to \(batch.name)")
        return JobDefinition(unnamedWith: settings)
    }

    /// Where a batch's results go; of a batch whose job is gone or cannot be read, where those without a job go.
    func resultsPlace(of batch: Batch) -> ResultsLocation {
        ResultsLocation(jobOrSettings(of: batch), settings: settings)
    }

    /// The job a batch was taken in under; the settings alone where its file is gone or cannot be read.
    func jobOrSettings(of batch: Batch) -> JobDefinition {
        // A job file that is wrong keeps nobody from looking; 'jobs check' says what is wrong with it.
        (try? job(batch.job == JobDefinition.unnamed ? nil : batch.job)) ?? JobDefinition(unnamedWith: settings)
    }

    /// Whether a daemon finds the job of that name.
    func knowsJob(_ name: String) -> Bool {
        name == JobDefinition.unnamed || FileManager.default.fileExists(atPath: "\(settings.jobs)/\(name).yaml")
    }

    /// The job of that name or file, for a daemon to run.
    ///
    /// - Throws: `OperationFailure` (78) for a file outside the jobs' folder, which no daemon reads; `SettingsError`.
    func jobForDaemon(_ name: String?) throws -> JobDefinition {
        let job = try job(name)
        guard let name, name.hasSuffix(".yaml") || name.contains("/") else { return job }
        let folder = URL(filePath: name).deletingLastPathComponent()
        guard Self.place(of: folder) == Self.place(of: URL(filePath: settings.jobs)) else {
            throw OperationFailure(
                .configuration,
                "\(name): a daemon runs the jobs of \(settings.jobs) only; move the file there, or run the files with this "
                    + "job while no daemon runs")
        }
        return job
    }

    private static func place(of folder: URL) -> String { folder.standardizedFileURL.resolvingSymlinksInPath().path }
}
