import Basics
import Foundation
import RecordStore
import Results
import Schedules
import Settings

/// `rollcall jobs list`: the job files and when each is due.
package struct JobsListOperation: Sendable {
    private let config: String
    private let json: Bool
    private let console: Console

    /// Describes what to show.
    package init(config: String, json: Bool, console: Console = .standard) {
        self.config = config
        self.json = json
        self.console = console
    }

    /// Prints the list; invalid files are included, with their errors on standard error.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        let settings = place.settings
        let (now, store) = (WallTime.now(), try await past(of: place))
        let jobs =
            if let store {
                try await store.closing { try await JobListing.all(of: place, at: now, past: store) }
            } else {
                try await JobListing.all(of: place, at: now, past: nil)
            }
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

    /// The database, if there is one that can be read; a list works without.
    private func past(of place: Installation) async throws -> RecordStore? {
        guard try await place.database.exists() else { return nil }
        do {
            return try await place.storeForReading()
        } catch {
            console.note("warning: the database was not looked into: \(OperationFailure(error).message)")
            return nil
        }
    }
}

extension JobListing {
    /// The job files of an installation.
    ///
    /// - Parameters:
    ///   - place: The installation.
    ///   - now: The time.
    ///   - store: Its database, where there is one.
    /// - Returns: One for each, those that are wrong among them.
    /// - Throws: `SettingsError` where the folder cannot be read; `StoreError`.
    static func all(of place: Installation, at now: WallTime, past store: RecordStore?) async throws -> [JobListing] {
        try await BlockingWork.run {
            try JobDefinition.all(in: place.settings).map { file in
                try JobListing(file, now: now) { job in
                    guard let schedule = job.schedule else { return nil }
                    let times = CronScheduler.times(schedule, in: job.timeZone)
                    return try store?.blockingReads.lastDue(ofSchedule: job.name, times: times)
                }
            }
        }
    }
}

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
    /// The last due time that was handled, if it is so far ahead that a clock must have been wrong.
    var clockFault: String?
    /// What is wrong with the file.
    var error: String?
    /// The same times in readable form.
    private var shown = ShownTimes()

    private struct ShownTimes: Equatable {
        var next: String?
        var nextUTC: String?
        var clockFault: String?
    }

    /// Describes a job.
    ///
    /// - Parameters:
    ///   - file: Its file.
    ///   - now: The time.
    ///   - lastDue: The last due time that its schedule handled, from the database.
    init(_ file: JobFile, now: WallTime, lastDue: (JobDefinition) throws -> WallTime?) rethrows {
        job = file.name
        self.file = file.path
        switch file.result {
        case .failure(let error): self.error = error.description
        case .success(let definition): fill(definition, now: now, lastDue: try lastDue(definition))
        }
    }

    private mutating func fill(_ job: JobDefinition, now: WallTime, lastDue: WallTime?) {
        enabled = job.isEnabled
        schedule = job.schedule?.description
        timeZone = job.timeZone.displayName
        let due = job.nextRun(after: now)
        next = due.map { Timestamp.text($0, in: job.timeZone) }
        nextUTC = due.map(Timestamp.text)
        shown.next = due.map { NumberFormat.time($0, in: job.timeZone) }
        shown.nextUTC = due.map(NumberFormat.time)
        window = job.window?.description
        source =
            job.source.path ?? job.source.glob
            ?? job.rerun.map { "rerun of \($0.jobs?.joined(separator: ", ") ?? "all jobs")" }
        description = job.description
        let faulty = lastDue.flatMap { ScheduleState.isClockFault($0, at: now) ? $0 : nil }
        clockFault = faulty.map(Timestamp.text)
        shown.clockFault = faulty.map(NumberFormat.time)
    }

    /// The message about a clock that was wrong; nil if none was.
    var clockFaultText: String? {
        shown.clockFault.map {
            "\(job): clock fault: it ran for \($0), which is still to come; check this machine's clock (NTP). A daemon "
                + "runs it by its times again"
        }
    }

    /// The cells of a table's row, below `header`.
    var row: [String] {
        guard error == nil else { return [job, "WRONG"] + Array(repeating: "", count: 5) + ["see below"] }
        return [
            job, enabled == true ? "yes" : "no", schedule ?? "-", shown.next ?? "-", shown.nextUTC ?? "-",
            window ?? "-", source ?? "-", description ?? "",
        ]
    }

    static let header = ["JOB", "ENABLED", "SCHEDULE", "NEXT RUN", "IN UTC", "WINDOW", "SOURCE", "DESCRIPTION"]

    enum CodingKeys: String, CodingKey, CaseIterable {
        case job, file, enabled, schedule, next, window, source, description, error
        case timeZone = "time_zone"
        case nextUTC = "next_utc"
        case clockFault = "clock_fault"
    }
}

extension JobDefinition {
    /// When the daemon runs it next; nil: never by the clock.
    func nextRun(after now: WallTime) -> WallTime? { isEnabled ? schedule?.next(after: now, in: timeZone) : nil }
}
