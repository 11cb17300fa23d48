import Basics
import Foundation
import JobRunner
import Logging
import RecordStore
import ServiceLifecycle
import Settings

/// Publishes in the database which process runs it and the state of the gate to the API, so that `status` can show it;
/// this also proves that the daemon can write even when there is nothing to do.
struct RunnerStatusPublisher: Service {
    static let name = "runner status"
    private let context: DaemonContext
    private let alerts: KeptAlerts
    /// How often the rates of batches under way are written.
    static let rateInterval = Duration.seconds(5)

    init(context: DaemonContext) {
        self.context = context
        alerts = KeptAlerts(database: context.settings.databaseFiles, context.notices.recent)
    }

    /// Writes at each change, at most once in the store's `statusInterval`, and at intervals without one, until it is
    /// cancelled. Whether the daemon is alive shows in its lock.
    ///
    /// - Throws: `StoreError` when it could not be written.
    func run() async throws {
        let (wakeSignal, attendance, pause) = (context.progress.begun, context.attendance, context.store.statusInterval)
        let observer = context.traffic.addStatusObserver { wakeSignal.wakeUp() }
        defer { context.traffic.removeStatusObserver(observer) }
        await keeping("read again") { try await alerts.restore(notCuredBy: context.store.batches()) }
        var (late, gate, disk) = (Set<String>(), GateReminder(), DiskReminder())
        while !Task.isCancelled {
            attendance.expect(Self.name)
            let status = RunnerStatus(of: context)
            try await context.store.saveRunnerStatus(status)
            let after = context.settings.notify?.after ?? Settings.Notification.defaultAfter
            if let event = gate.look(at: status.gate, after: after, now: status.updatedAt) {
                try await context.notices.notify(of: event, reading: context.store)
            }
            await lookAtDisk(&disk)
            reportLate(&late)
            await keeping("written") { try await alerts.save() }
            let interval =
                context.progress.isEmpty ? context.intervals.proof : min(Self.rateInterval, context.intervals.proof)
            attendance.expect(Self.name, after: interval + pause)
            await wakeSignal.wait(for: interval, on: context.clock)
            await WakeSignal().wait(for: pause, on: context.clock)
        }
        await keeping("written") { try await alerts.save() }
    }

    /// Alerts that cannot be kept are no reason to end: they were told, and stand in the log.
    private func keeping(_ verb: String, _ work: () async throws -> Void) async {
        do {
            try await work()
        } catch {
            context.log.warning(
                "the last alerts could not be \(verb)", metadata: ["reason": "\(OperationFailure(error).message)"])
        }
    }

    private func lookAtDisk(_ reminder: inout DiskReminder) async {
        let now = context.clock.monotonic
        guard reminder.isDue(at: now) else { return }
        let place = context.configuration.place
        let room = await BlockingWork.run { StorageChecks(place: place).freeSpace() }
        guard reminder.take(free: room.free, at: now), let free = room.free else { return }
        context.notices.notifyOfLowDisk(StorageChecks.space(free: free, at: room.folder))
    }

    /// Reports once which parts are late: a share that never answers shows nowhere else.
    private func reportLate(_ told: inout Set<String>) {
        let late = Set(context.attendance.overdue(vitalOnly: false))
        for part in late.subtracting(told).sorted() {
            context.log.error(
                "a part of the daemon has not come back in time; the disk or share it works with may not answer",
                metadata: ["part": "\(part)"])
        }
        told = late
    }
}

extension RunnerStatus {
    /// What a daemon knows of itself now.
    init(of context: DaemonContext) {
        let (traffic, configuration, now) = (context.traffic.status, context.configuration, context.clock.now)
        self.init(
            process: getpid(), host: configuration.provenance.host, version: Version.current, isDaemon: true,
            jobs: configuration.jobs.values.count(where: \.isEnabled), startedAt: context.startedAt,
            loadedAt: configuration.loadedAt,
            updatedAt: now, gate: .init(traffic, now: now), allowedRate: traffic.allowedRate,
            closedUntil: traffic.closedUntil, rates: context.progress.rates)
    }
}

extension RunnerStatus.Gate {
    init(_ traffic: TrafficStatus, now: WallTime) {
        switch traffic.gate {
        case .open: self = .open
        case .closed:
            self = .closed(
                reason: traffic.reason, since: traffic.since ?? now, nextProbeAt: traffic.nextProbeAt,
                probes: traffic.probes)
        case .halted: self = .halted(reason: traffic.reason, since: traffic.since ?? now)
        }
    }
}
