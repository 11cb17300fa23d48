import Basics
import Foundation
import RecordStore
import Results

/// Which process runs the database and the state of the connection to the API, as `status --json` prints it.
struct RunnerReport: Encodable, Equatable {
    enum Kind: String, Encodable {
        case daemon
        /// A `run`, which ends with its batches.
        case run
    }

    let process: Int32
    let kind: Kind
    var version: String?
    var jobs: Int?
    /// When it started.
    var since: String?
    /// When it last read its settings, jobs and keys.
    var loadedAt: String?
    /// `open`, `closed` or `halted`.
    var gate: String?
    /// Why the gate is not open.
    var reason: String?
    var gateSince: String?
    /// Probes sent since the gate closed.
    var probes: Int?
    /// Absent while one is under way.
    var nextProbeAt: String?
    /// Until when a `Retry-After` forbids any call.
    var noCallsUntil: String?
    /// Calls per second.
    var allowedRate: Double?
    /// Since when the disk that holds the database is full; absent while it has space.
    var diskFullSince: String?

    /// What is known of a runner; nil if no process runs the database.
    init?(_ runner: Installation.Runner, _ status: RunnerStatus?, _ storage: StorageCondition) {
        switch runner {
        case .nobody: return nil
        case .run(let process): (self.process, kind) = (process, .run)
        case .daemon(let process): (self.process, kind) = (process, .daemon)
        }
        if let own = runner.own(status) { fill(own) }
        if case .full(let since) = storage { diskFullSince = Timestamp.text(since) }
    }

    private mutating func fill(_ status: RunnerStatus) {
        (version, jobs) = (status.version, kind == .daemon ? status.jobs : nil)
        (since, loadedAt) = (Timestamp.text(status.startedAt), Timestamp.text(status.loadedAt))
        (allowedRate, noCallsUntil) = (status.allowedRate, status.closedUntil.map(Timestamp.text))
        switch status.gate {
        case .open: (gate, probes) = ("open", 0)
        case .closed(let reason, let since, let nextProbeAt, let probes):
            (gate, self.reason, gateSince) = ("closed", reason, Timestamp.text(since))
            (self.nextProbeAt, self.probes) = (nextProbeAt.map(Timestamp.text), probes)
        case .halted(let reason, let since):
            (gate, self.reason, gateSince) = ("halted", reason, Timestamp.text(since))
        }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case process, kind, version, jobs, since, gate, reason, probes
        case loadedAt = "loaded_at"
        case gateSince = "gate_since"
        case nextProbeAt = "next_probe_at"
        case noCallsUntil = "no_calls_until"
        case allowedRate = "allowed_rate"
        case diskFullSince = "disk_full_since"
    }
}

/// What `status` says of the process that runs the database, above the batches.
enum RunnerLine {
    /// One line, more where no calls are made; nil if no process runs it and no daemon has.
    static func text(
        of runner: Installation.Runner, _ status: RunnerStatus?, _ storage: StorageCondition, now: Date = Date()
    ) -> String? {
        let lines: [String?]
        switch runner {
        case .nobody:
            lines = [status?.isDaemon == true ? "no daemon runs; \(Hint.daemon) continues with what waits" : nil]
        case .run(let process):
            lines = [
                "process \(process) runs this database until its batches are done", storage.waiting,
                runner.own(status)?.waiting(at: now),
            ]
        case .daemon(let process):
            let since = status.map { status in
                " since \(NumberFormat.time(status.startedAt)), \(NumberFormat.count(status.jobs, "job"))"
            }
            lines = ["daemon: process \(process)" + (since ?? ""), storage.waiting, status?.waiting(at: now)]
        }
        let known = lines.compactMap(\.self)
        return known.isEmpty ? nil : known.joined(separator: "\n")
    }
}

extension StorageCondition {
    /// Why no calls are made at all; nil while the disk has space.
    var waiting: String? {
        guard case .full(let since) = self else { return nil }
        return "no calls since \(NumberFormat.time(since)): the disk that holds the database is full; make room on it"
    }
}

extension RunnerStatus {
    /// Why no calls are made at all, and when that may change; nil while they are.
    func waiting(at now: Date = Date()) -> String? {
        switch gate {
        case .open:
            guard let closedUntil, closedUntil > WallTime(now) else { return nil }
            return "no calls until \(NumberFormat.time(closedUntil)) (Retry-After)"
        case .closed(let reason, let since, let nextProbeAt, let probes):
            let next = nextProbeAt.map { "next at \(NumberFormat.time($0))" } ?? "one under way"
            return "no calls since \(NumberFormat.time(since)): \(reason ?? "the API is out of reach"); "
                + "\(NumberFormat.count(probes, "probe")) so far, \(next)"
        case .halted(let reason, let since):
            return
                "halted since \(NumberFormat.time(since)): \((reason ?? "something is wrong").withoutFullStop); fix it, "
                + "then resume what is halted, or send SIGHUP to the daemon where nothing is"
        }
    }
}
