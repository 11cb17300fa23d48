import Basics
import Foundation
import RecordStore
import Results
import Settings

/// The input of a notification command about a batch, a schedule or the daemon itself, as one JSON object: names,
/// states and figures, but no record data.
struct BatchNotice: Encodable, Sendable {
    let event: Settings.Notification.Event
    /// When it happened.
    let at: String
    /// The job's name; nil for what concerns the daemon as a whole.
    var job: String?
    /// The batch's name; nil for a schedule.
    var batch: String?
    /// The input file's name, without its folder.
    var file: String?
    /// The machine's name.
    let host = ProcessInfo.processInfo.hostName
    var state: String?
    var counts: [String: Int]?
    var calls: Int?
    /// What the calls cost; nil where it was not asked.
    var cost: Cost?
    var reason: String?
    /// What to do.
    var remedy: String?
    /// The command that does it; nil if nothing has to be done, or no command would.
    var next: String?
    /// The folder of the results.
    var results: String?
    /// When the last of the missed runs was due.
    var due: String?
    /// How many runs were missed.
    var missed: Int?

    enum CodingKeys: CodingKey, CaseIterable {
        case event, at, job, batch, file, host, state, counts, calls, cost, reason, remedy, next, results, due, missed
    }

    /// An event of a batch.
    ///
    /// - Parameters:
    ///   - event: what happened.
    ///   - batch: the batch as it is now.
    ///   - time: when.
    ///   - reason: why, where that is not the batch's own reason.
    ///   - remedy: what an operator can do.
    ///   - next: the command that does it, where that is not the event's own.
    ///   - results: the folder of its results.
    ///   - cost: what its calls cost.
    init(
        _ event: Settings.Notification.Event, of batch: Batch, at time: WallTime, reason: String? = nil,
        remedy: String? = nil, next: Hint? = nil, results: String? = nil, cost: Cost? = nil
    ) {
        self.event = event
        at = Timestamp.text(time)
        job = batch.job
        (self.batch, file) = (batch.name, batch.fileName)
        state = batch.state.rawValue
        counts = Dictionary(
            uniqueKeysWithValues: RecordStatus.allCases.map { ($0.rawValue, batch.counts[$0]) } + [
                ("total", batch.counts.total)
            ])
        calls = batch.counts.calls
        self.cost = cost
        self.reason = reason ?? batch.reason
        self.remedy = remedy
        self.next = (next ?? Self.next(after: event, batch.name) ?? Self.rest(of: batch, after: event))?.commandLine
        self.results = results
    }

    /// What can be done about records that have no answer in a batch that is over; those in doubt come first, as they may
    /// have been billed.
    private static func rest(of batch: Batch, after event: Settings.Notification.Event) -> Hint? {
        guard event == .completed else { return nil }
        if batch.counts.inDoubt > 0 { return .rerun(batch: batch.name, status: RecordStatus.inDoubt.rawValue) }
        return batch.counts.failed > 0 ? .rerun(batch: batch.name, status: RecordStatus.failed.rawValue) : nil
    }

    private static func next(after event: Settings.Notification.Event, _ batch: String) -> Hint? {
        switch event {
        case .halted, .paused: .resume(batch: batch)
        case .awaitingConfirmation: .start(batch: batch)
        case .capReached: .status(batch: batch)
        case .inDoubt: .rerun(batch: batch, status: "in_doubt")
        case .completed, .missed, .rejected, .failed, .restored, .diskLow, .diskFull, .diskFreed, .keyEnds, .notPurged,
            .noFile, .gateClosed, .gateOpened, .reloadFailed, .test:
            nil
        }
    }

    /// A schedule that was due while no daemon could start it.
    ///
    /// - Parameters:
    ///   - job: the job's name.
    ///   - due: the last of these times.
    ///   - count: how many.
    ///   - runsNow: whether one run makes up for them.
    ///   - time: now.
    init(missedBy job: String, due: WallTime, count: Int, runsNow: Bool, at time: WallTime) {
        event = .missed
        at = Timestamp.text(time)
        self.job = job
        self.due = Timestamp.text(due)
        missed = count
        reason = "the daemon did not run when the job was due"
        remedy =
            runsNow ? "it runs now" : "nothing: it runs when it is due next; 'catch_up: true' would run it at start"
        next = runsNow ? nil : Hint.jobsList.commandLine
    }

    /// A job that was due without a file.
    ///
    /// - Parameters:
    ///   - job: the job's name.
    ///   - source: where its files come from.
    ///   - time: now.
    init(noFileFor job: String, source: String, at time: WallTime) {
        event = .noFile
        at = Timestamp.text(time)
        self.job = job
        reason = "the job was due, and there was no file: \(source)"
        remedy = "look whether the sender has sent it; it is taken in when the job is due next, or by hand"
        next = Hint.jobsList.commandLine
    }

    /// A file that was not taken in, and has no batch.
    ///
    /// - Parameters:
    ///   - job: the job's name.
    ///   - path: where the file lies now; nil: that is not known.
    ///   - error: why, without any value of the file.
    ///   - time: now.
    init(rejectedBy job: String, _ path: String?, because error: InputError, at time: WallTime) {
        event = .rejected
        at = Timestamp.text(time)
        self.job = job
        file = error.file
        reason = error.description
        remedy = error.remedy ?? "correct the file and drop it again"
        next = path.map { Hint.check(file: $0, job: job).commandLine }
    }

    /// What concerns the daemon as a whole.
    ///
    /// - Parameters:
    ///   - event: what happened.
    ///   - time: when.
    ///   - reason: why; no values of records.
    ///   - remedy: what an operator can do.
    ///   - next: the command that does it or checks it, if there is one.
    init(
        _ event: Settings.Notification.Event, at time: WallTime, reason: String, remedy: String?, next: Hint? = nil
    ) {
        self.event = event
        at = Timestamp.text(time)
        self.reason = reason
        self.remedy = remedy
        self.next = next?.commandLine
    }

    /// No calls are made, which concerns all batches that have not ended.
    ///
    /// - Parameters:
    ///   - since: since when.
    ///   - cause: why, where that is known.
    ///   - waiting: the batches that have not ended.
    ///   - cost: what the calls of this month cost.
    ///   - time: now.
    init(closedSince since: WallTime, because cause: String?, _ waiting: [Batch], cost: Cost?, at time: WallTime) {
        self.init(
            .gateClosed, at: time,
            reason: "no calls since \(NumberFormat.time(since)): \(cause ?? "the API is out of reach")",
            remedy: "single probes find out when calls make sense again; \(Hint.doctor) checks the connection",
            next: .doctor)
        state = "closed"
        counts = Dictionary(
            uniqueKeysWithValues: RecordStatus.allCases.map { status in
                (status.rawValue, waiting.reduce(0) { $0 + $1.counts[status] })
            } + [("total", waiting.reduce(0) { $0 + $1.counts.total })])
        calls = waiting.reduce(0) { $0 + $1.counts.calls }
        self.cost = cost
    }

    /// The database was restored from an earlier copy, which concerns all jobs.
    ///
    /// - Parameters:
    ///   - reason: what is known of it.
    ///   - remedy: what an operator can do.
    ///   - next: the command that does it.
    ///   - time: now.
    init(restored reason: String, remedy: String, next: Hint, at time: WallTime) {
        event = .restored
        at = Timestamp.text(time)
        job = nil
        self.reason = reason
        self.remedy = remedy
        self.next = next.commandLine
    }
}

extension Settings.Notification.Event: Encodable {}

extension Settings.Notification.Event {
    /// How it is shown: how grave it is, and its name in words.
    var shown: (tone: Tone, title: String) {
        switch self {
        case .completed: (.good, "Completed")
        case .halted: (.bad, "Halted")
        case .missed: (.warning, "A run was missed")
        case .paused: (.warning, "Paused")
        case .awaitingConfirmation: (.warning, "Waits for confirmation")
        case .rejected: (.bad, "A file was rejected")
        case .failed: (.bad, "The daemon ends")
        case .restored: (.warning, "The database was restored")
        case .inDoubt: (.warning, "Records in doubt")
        case .diskLow: (.warning, "Little room on the disk")
        case .diskFull: (.bad, "The disk is full")
        case .diskFreed: (.good, "The disk has room again")
        case .keyEnds: (.warning, "A key ends")
        case .notPurged: (.warning, "Not purged")
        case .capReached: (.warning, "A cap is reached")
        case .noFile: (.warning, "No file for a job")
        case .gateClosed: (.bad, "No calls for a while")
        case .gateOpened: (.good, "Calls are made again")
        case .reloadFailed: (.bad, "Settings were not read again")
        case .test: (.quiet, "A test")
        }
    }
}
