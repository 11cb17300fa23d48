import JobRunner
import RecordStore
import Settings

/// Keeps the database small and quick: gives pages back, and moves batches that have long been over out of the way.
struct Upkeep {
    let house: House
    static let name = "upkeep"
    /// Records moved in one go.
    private static let recordsAtATime = 5_000

    /// Works every now and then, until it is cancelled.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func run() async throws {
        let bell = Doorbell()
        while !Task.isCancelled {
            house.expect(Self.name, after: house.rhythm.upkeep)
            await bell.wait(for: house.rhythm.upkeep, on: house.clock)
            guard !Task.isCancelled else { return }
            try await moveOldBatches()
            house.expect(Self.name, patience: Attendance.longPatience)
            _ = try await house.store.maintain()
        }
    }

    private func moveOldBatches() async throws {
        let finishedBefore = house.clock.now - house.settings.daemon.retention.milliseconds
        while !Task.isCancelled, !house.stop.isRaised {
            house.expect(Self.name, patience: Attendance.longPatience)
            let moved = try await house.store.archive(
                finishedBefore: finishedBefore, upTo: Self.recordsAtATime)
            if moved == 0 { return }
        }
    }
}
