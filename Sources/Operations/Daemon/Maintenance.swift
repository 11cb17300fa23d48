import Basics
import JobRunner
import RecordStore
import ServiceLifecycle
import Settings

/// Keeps the database small and fast: frees pages, and moves batches that have long been over out of the working
/// tables.
struct Maintenance: Service {
    let store: RecordStore
    let configuration: ConfigurationInForce
    let attendance: Attendance
    let clock: any RunnerClock
    let stop: StopSignal
    /// How long it rests.
    let interval: Duration
    static let name = "maintenance"
    /// Records moved in one go.
    private static let recordsAtATime = 5_000

    /// Works at intervals, until it is cancelled.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func run() async throws {
        let wakeSignal = WakeSignal()
        while !Task.isCancelled {
            attendance.expect(Self.name, after: interval)
            await wakeSignal.wait(for: interval, on: clock)
            guard !Task.isCancelled else { return }
            try await moveOldBatches()
            attendance.expect(Self.name, patience: Attendance.longPatience)
            _ = try await store.maintain()
        }
    }

    private func moveOldBatches() async throws {
        let finishedBefore = clock.now - configuration.settings.daemon.retention
        while !Task.isCancelled, !stop.isRaised {
            attendance.expect(Self.name, patience: Attendance.longPatience)
            let moved = try await store.archive(
                finishedBefore: finishedBefore, upTo: Self.recordsAtATime)
            if moved == 0 { return }
        }
    }
}
