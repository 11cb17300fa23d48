import Basics
import Foundation
import RecordStore

/// What `status` says of whoever runs the database, above the batches.
enum RunnerLine {
    /// One line, more where no calls are made; nil where nobody runs and no daemon did.
    static func text(
        of runner: Installation.Runner, _ status: RunnerStatus?, _ storage: StorageCondition, now: Date = Date()
    ) -> String? {
        let lines: [String?]
        switch runner {
        case .nobody:
            lines = [status?.isDaemon == true ? "no daemon runs; \(Hint.daemon) goes on with what waits" : nil]
        case .run(let process):
            lines = ["process \(process) runs this database until its batches are done", storage.waiting]
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
    /// Why no calls are made at all; nil while the disk has room.
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
            guard let closedUntil, Double(closedUntil) / 1_000 > now.timeIntervalSince1970 else { return nil }
            return "no calls until \(NumberFormat.time(closedUntil)) (Retry-After)"
        case .closed(let reason, let since, let nextProbeAt, let probes):
            let next = nextProbeAt.map { "next at \(NumberFormat.time($0))" } ?? "one under way"
            return "no calls since \(NumberFormat.time(since)): \(reason ?? "the API is out of reach"); "
                + "\(NumberFormat.count(probes, "probe")) so far, \(next)"
        case .halted(let reason, let since):
            return
                "halted since \(NumberFormat.time(since)): \(reason ?? "something is wrong"); mend it, then resume what is "
                + "halted, or send SIGHUP to the daemon where nothing is"
        }
    }
}
