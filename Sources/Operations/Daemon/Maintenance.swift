import JobRunner
import RecordStore
import ServiceLifecycle
import Settings

/// Keeps the database small and fast: frees pages, and moves batches that have long been over out of the working
/// tables.
struct Maintenance: Service {
    let context: DaemonContext
    static let name = "upkeep"
    /// Records moved in one go.
    private static let recordsAtATime = 5_000

    /// Works at intervals, until it is cancelled.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func run() async throws {
        let wakeSignal = WakeSignal()
        while !Task.isCancelled {
            context.expect(Self.name, after: context.intervals.maintenance)
            await wakeSignal.wait(for: context.intervals.maintenance, on: context.clock)
            guard !Task.isCancelled else { return }
            try await moveOldBatches()
            context.expect(Self.name, patience: Attendance.longPatience)
            _ = try await context.store.maintain()
        }
    }

    private func moveOldBatches() async throws {
        let finishedBefore = context.clock.now - context.settings.daemon.retention.milliseconds
        while !Task.isCancelled, !context.stop.isRaised {
            context.expect(Self.name, patience: Attendance.longPatience)
            let moved = try await context.store.archive(
                finishedBefore: finishedBefore, upTo: Self.recordsAtATime)
            if moved == 0 { return }
        }
    }
}
