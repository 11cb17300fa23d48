import Basics
import Foundation
import JobRunner
import RecordStore

/// Publishes in the database which batch a `run` works on, and whether calls may be made, so that `status` can show it.
struct RunStatusPublisher {
    let store: RecordStore
    let traffic: EndpointTraffic
    let batch: BatchID
    /// The machine's name.
    let host: String
    /// Records finished per second; nil before there is a past.
    private let rate: @Sendable () -> Double?
    private let startedAt = WallTime.now()

    /// Describes what to publish of.
    init(
        store: RecordStore, traffic: EndpointTraffic, batch: BatchID, host: String,
        rate: @escaping @Sendable () -> Double?
    ) {
        (self.store, self.traffic, self.batch, self.host, self.rate) = (store, traffic, batch, host, rate)
    }

    /// Does the work, and publishes at its start and at each change until it has ended.
    ///
    /// - Parameter work: Runs the batch.
    /// - Returns: Its result.
    /// - Throws: `StoreError` when the batch cannot be published; whatever the work throws.
    func during<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await store.saveRunnerStatus(status)
        let changes = WakeSignal()
        let observer = traffic.addStatusObserver { changes.wakeUp() }
        defer { traffic.removeStatusObserver(observer) }
        // Cancelled, and awaited, when this returns.
        async let _: Void = publish(changes)
        return try await work()
    }

    private func publish(_ changes: WakeSignal) async {
        while !Task.isCancelled {
            await changes.wait(for: RunnerStatusPublisher.rateInterval, on: SystemClock())
            guard !Task.isCancelled else { return }
            // The next change is written again; what keeps the database from being written ends the run by itself.
            try? await store.saveRunnerStatus(status)
            await WakeSignal().wait(for: store.statusInterval, on: SystemClock())
        }
    }

    private var status: RunnerStatus {
        let (traffic, now) = (traffic.status, WallTime.now())
        return RunnerStatus(
            process: getpid(), host: host, version: Version.current, isDaemon: false, startedAt: startedAt,
            loadedAt: startedAt, updatedAt: now, gate: .init(traffic, now: now), allowedRate: traffic.allowedRate,
            closedUntil: traffic.closedUntil, batch: batch, rates: rate().map { [batch: $0] } ?? [:])
    }
}
