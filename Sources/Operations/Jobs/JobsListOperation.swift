import JobRunner
import Settings

/// `rollcall jobs list`: the job files and when each is due.
public struct JobsListOperation: Sendable {
    private let config: String
    private let json: Bool
    private let console: Console

    /// Describes what to show.
    public init(config: String, json: Bool, console: Console = .standard) {
        self.config = config
        self.json = json
        self.console = console
    }

    /// Prints the list; files that are wrong stand in it, their errors on standard error.
    public func perform() async throws -> ExitStatus {
        let settings = try Workplace(config: config).settings
        let now = SystemClock().now
        let jobs = try JobDefinition.all(in: settings).map { JobListing($0, now: now) }
        if json {
            console.output(JSONText.text(of: jobs))
        } else if jobs.isEmpty {
            console.output("no jobs yet; a job is a file such as \(settings.jobs)/NAME.yaml")
        } else {
            console.output(BatchTable.aligned([JobListing.header] + jobs.map(\.row)))
        }
        let errors = jobs.compactMap(\.error)
        for error in errors where !json { console.note(error) }
        return errors.isEmpty ? .succeeded : .configuration
    }
}
