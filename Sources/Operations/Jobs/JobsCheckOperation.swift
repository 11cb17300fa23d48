import JobRunner
import Settings

/// `rollcall jobs check`: whether job files are right, and whether what they need is there.
public struct JobsCheckOperation: Sendable {
    private let files: [String]
    private let config: String
    private let json: Bool
    private let console: Console

    /// Describes the check; no files means all of the jobs' folder.
    public init(files: [String], config: String, json: Bool, console: Console = .standard) {
        self.files = files
        self.config = config
        self.json = json
        self.console = console
    }

    /// Prints every finding.
    ///
    /// - Returns: `configuration` where a file is wrong or a job that is switched on lacks something.
    public func perform() async throws -> ExitStatus {
        let settings = try Installation(config: config).settings
        let findings = try Self.findings(files, settings: settings)
        for finding in findings where !json { console.output(finding.text) }
        if json { console.output(JSONText.text(of: findings)) }
        return findings.contains { $0.level == .failure } ? .configuration : .succeeded
    }

    /// What is found in all job files, or in those named by path or job.
    static func findings(_ files: [String], settings: Settings) throws -> [Finding] {
        let all = try JobDefinition.all(in: settings)
        let wanted = files.isEmpty ? all : files.map { file(named: $0, settings: settings) }
        guard !wanted.isEmpty else { return [.fine("jobs", "no job files in \(settings.jobs)")] }
        let now = SystemClock().now
        let names = Set((all + wanted).map(\.name))
        return wanted.flatMap { file -> [Finding] in
            guard case .success(let job) = file.result else {
                return file.errors.map { .failure(file.name, $0.description) }
            }
            let others = all.filter { $0.name != file.name }.compactMap { try? $0.result.get() }
            return JobChecks(job: job, names: names, others: others, house: settings.limits, now: now).findings()
        }
    }

    private static func file(named name: String, settings: Settings) -> JobFile {
        let isFile = name.contains("/") || name.hasSuffix(".yaml") || name.hasSuffix(".yml")
        return JobDefinition.file(at: isFile ? name : "\(settings.jobs)/\(name).yaml", over: settings)
    }
}
