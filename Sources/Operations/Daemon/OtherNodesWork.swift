import JobRunner
import Logging
import RecordStore
import ServiceLifecycle

/// Where nodes share their folders: goes on with what others had not finished that have ended.
struct OtherNodesWork: Service {
    let context: DaemonContext
    static let name = "work of other nodes"

    /// Looks at intervals, until it is cancelled.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func run() async throws {
        let (wakeSignal, interval) = (WakeSignal(), context.intervals.otherNodes)
        while !Task.isCancelled, !context.stop.isRaised {
            context.attendance.expect(Self.name)
            try await takeOver()
            context.attendance.expect(Self.name, after: interval)
            await wakeSignal.wait(for: interval, on: context.clock)
        }
        context.attendance.leave(Self.name)
    }

    private func takeOver() async throws {
        let taken = try await context.store.takeOverFromEndedNodes()
        guard !taken.isEmpty else { return }
        context.log.notice(
            "nodes have ended: this one goes on with what they had not finished",
            metadata: ["nodes": "\(taken.nodes.joined(separator: " "))", "batches": "\(taken.batches.count)"])
        // Results that are written, and a file that is where it was.
        for batch in try await context.store.batchesHoldingFiles() { context.pendingReleases.add(batch) }
        for job in taken.jobs { context.folderWakeSignal(of: job).wakeUp() }
        context.batchWakeSignal.wakeUp()
    }
}
