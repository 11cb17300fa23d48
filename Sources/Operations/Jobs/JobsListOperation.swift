import Foundation
import JobRunner
import RecordStore
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
        let place = try Installation(config: config)
        let settings = place.settings
        let (now, store) = (SystemClock().now, past(of: place))
        let jobs = try JobDefinition.all(in: settings).map { file in
            try JobListing(file, now: now) { job in
                guard let schedule = job.schedule else { return nil }
                let times = CronScheduler.times(schedule, in: job.timeZone)
                return try store?.lastDue(ofSchedule: job.name, times: times)
            }
        }
        try store?.close()
        if json {
            console.output(JSONText.text(of: jobs))
        } else if jobs.isEmpty {
            console.output("no jobs yet; a job is a file such as \(settings.jobs)/NAME.yaml")
        } else {
            console.output(BatchTable.aligned([JobListing.header] + jobs.map(\.row)))
        }
        for fault in jobs.compactMap(\.clockFaultText) where !json { console.output(fault) }
        let errors = jobs.compactMap(\.error)
        for error in errors where !json { console.note(error) }
        return errors.isEmpty ? .succeeded : .configuration
    }

    /// The database, where there is one that can be looked into; a list works without.
    private func past(of place: Installation) -> RecordStore? {
        guard FileManager.default.fileExists(atPath: place.settings.database) else { return nil }
        do {
            return try place.storeForReading()
        } catch {
            console.note("warning: the database was not looked into: \(OperationFailure(error).message)")
            return nil
        }
    }
}
