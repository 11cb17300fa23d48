import Foundation
import JobRunner
import RecordStore
import Settings

/// Keeps in the database who runs it and how the way to the API stands, so that `status` can show it.
struct GateJournal {
    let house: House
    private let startedAt: Int64
    /// Changes in between are one.
    private static let pause = Duration.seconds(1)

    init(house: House) {
        self.house = house
        startedAt = house.clock.now
    }

    /// Writes at each change, at most once a second, until it is cancelled. That the daemon lives is told by its lock.
    ///
    /// - Throws: `StoreError` when it could not be written.
    func run() async throws {
        let bell = Doorbell()
        let observer = house.traffic.addStatusObserver { bell.ring() }
        defer { house.traffic.removeStatusObserver(observer) }
        while !Task.isCancelled {
            try await house.store.saveRunnerStatus(status)
            await bell.wait()
            await Doorbell().wait(for: Self.pause, on: house.clock)
        }
    }

    private var status: RunnerStatus {
        let (traffic, rules, now) = (house.traffic.status, house.rules, house.clock.now)
        return RunnerStatus(
            process: getpid(), host: rules.provenance.host, version: Version.current, isDaemon: true,
            jobs: rules.jobs.values.count(where: \.isEnabled), startedAt: startedAt, loadedAt: rules.loadedAt,
            updatedAt: now, gate: .init(traffic, now: now), allowedRate: traffic.allowedRate,
            closedUntil: traffic.closedUntil)
    }
}

extension RunnerStatus.Gate {
    init(_ traffic: TrafficStatus, now: Int64) {
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
