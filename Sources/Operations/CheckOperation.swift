import Foundation
import Ingest
import JobRunner
import Settings

/// `rollcall check`: what a run of these files would do; makes no call and queues nothing.
public struct CheckOperation: Sendable {
    private let files: [String]
    private let config: String
    private let job: String?
    private let json: Bool
    private let console: Console

    /// Describes what to check.
    public init(files: [String], config: String, job: String?, json: Bool, console: Console = .standard) {
        self.files = files
        self.config = config
        self.job = job
        self.json = json
        self.console = console
    }

    /// Reads every file to its end and prints what it found; 2 where some records would be invalid.
    public func perform() async throws -> ExitStatus {
        let place = try Workplace(config: config)
        let job = try place.job(job)
        let surveys = try files.map { path in
            let file = try InputFile.open(path: path, mapping: FieldMapping(job), expecting: job.inputKind)
            return try FileSurvey.survey(file.examine())
        }
        let findings = surveys.map { CheckFinding($0, rate: job.limits.rate, pricing: place.pricing) }
        for finding in findings { console.output(json ? JSONText.text(of: finding) : finding.text) }
        return surveys.contains { $0.invalid > 0 } ? .finishedWithFailures : .succeeded
    }
}
