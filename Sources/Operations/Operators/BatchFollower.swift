import Foundation
import JobRunner
import RecordStore

/// Shows how a batch fares that another process runs, until it is over or stands still.
struct BatchFollower {
    let session: OperatorSession
    let stop: StopSignal
    private static let interval = Duration.milliseconds(250)

    /// The batch when nothing more happens with it by itself; sooner when the user has seen enough.
    ///
    /// - Throws: `OperationFailure` (3) when the process that runs it has ended before.
    func follow(_ id: BatchID) async throws -> Batch {
        var display = FollowDisplay(batch: try session.store.batch(id), console: session.console)
        while true {
            let batch = try session.store.batch(id)
            let waiting = try session.place.storage().waiting ?? session.store.runnerStatus()?.waiting()
            display.show(batch, waiting: waiting)
            if try stop.isRaised || isOver(batch) {
                display.finish()
                return batch
            }
            guard try session.place.runner() != .nobody else {
                throw OperationFailure(
                    .unfinished,
                    "\(batch.name): the daemon has ended before the batch; run the same command again to go on")
            }
            try await Task.sleep(for: Self.interval)
        }
    }

    private func isOver(_ batch: Batch) throws -> Bool {
        batch.state.isFinished ? try session.store.hasResults(batch.id) : batch.state.isAtRest
    }
}
