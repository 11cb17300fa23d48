import Foundation
import RecordStore
import Schedules
import Settings

/// One job file as `jobs list` shows it.
struct JobListing: Encodable, Equatable {
    let job: String
    let file: String
    var enabled: Bool?
    var schedule: String?
    var timeZone: String?
    /// When it is due, by the clock of its time zone.
    var next: String?
    var nextUTC: String?
    var window: String?
    var source: String?
    var description: String?
    /// What is wrong with the file.
    var error: String?

    init(_ file: JobFile, now: Int64) {
        job = file.name
        self.file = file.path
        switch file.result {
        case .failure(let error): self.error = error.description
        case .success(let definition): fill(definition, now: now)
        }
    }

    private mutating func fill(_ job: JobDefinition, now: Int64) {
        enabled = job.isEnabled
        schedule = job.schedule?.description
        timeZone = job.timeZone.spokenName
        let due = job.nextRun(after: now)
        next = due.map { Figures.time($0, in: job.timeZone) }
        nextUTC = due.map { Figures.time($0) }
        window = job.window?.description
        source =
            job.source.path ?? job.source.glob
            ?? job.rerun.map { "rerun of \($0.jobs?.joined(separator: ", ") ?? "all jobs")" }
        description = job.description
    }

    /// The cells of a table's row, below `header`.
    var row: [String] {
        guard error == nil else { return [job, "WRONG"] + Array(repeating: "", count: 5) + ["see below"] }
        return [
            job, enabled == true ? "yes" : "no", schedule ?? "-", next ?? "-", nextUTC ?? "-", window ?? "-",
            source ?? "-",
            description ?? "",
        ]
    }

    static let header = ["JOB", "ENABLED", "SCHEDULE", "NEXT RUN", "IN UTC", "WINDOW", "SOURCE", "DESCRIPTION"]

    private enum CodingKeys: String, CodingKey {
        case job, file, enabled, schedule, next, window, source, description, error
        case timeZone = "time_zone"
        case nextUTC = "next_utc"
    }
}

extension JobDefinition {
    /// When the daemon runs it next, in milliseconds since 1970 UTC; nil: never by the clock.
    func nextRun(after now: Int64) -> Int64? { isEnabled ? schedule?.next(after: now, in: timeZone) : nil }
}
