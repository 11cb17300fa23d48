import Foundation
import JobRunner
import Logging
import RecordStore
import Settings

/// Keeps in the database who runs it and how the way to the API stands, so that `status` can show it; and proves by that
/// that the daemon can write, though there be nothing to do.
struct GateJournal {
    let house: House
    static let name = "runner status"
    private let startedAt: Int64
    /// Changes in between are one.
    private static let pause = Duration.seconds(1)

    init(house: House) {
        self.house = house
        startedAt = house.clock.now
    }

    /// Writes at each change, at most once a second, and every now and then without one, until it is cancelled. That the
    /// daemon lives is told by its lock.
    ///
    /// - Throws: `StoreError` when it could not be written.
    func run() async throws {
        let bell = Doorbell()
        let observer = house.traffic.addStatusObserver { bell.ring() }
        defer { house.traffic.removeStatusObserver(observer) }
        var late = Set<String>()
        while !Task.isCancelled {
            house.expect(Self.name)
            try await house.store.saveRunnerStatus(status)
            tellLate(&late)
            house.expect(Self.name, after: house.rhythm.proof + Self.pause)
            await bell.wait(for: house.rhythm.proof, on: house.clock)
            await Doorbell().wait(for: Self.pause, on: house.clock)
        }
    }

    /// Says once which parts have not come back: a share that never answers is seen nowhere else.
    private func tellLate(_ told: inout Set<String>) {
        let late = Set(house.attendance.overdue(at: house.clock.monotonic, vitalOnly: false))
        for part in late.subtracting(told).sorted() {
            house.log.error(
                "a part of the daemon has not come back in time; the disk or share it works with may not answer",
                metadata: ["part": "\(part)"])
        }
        told = late
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
