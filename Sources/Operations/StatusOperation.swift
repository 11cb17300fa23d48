import Foundation
import RecordStore

/// `rollcall status`: the batches as they stand, read beside whoever runs them.
public struct StatusOperation: Sendable {
    private let config: String
    private let batch: String?
    private let watch: Bool
    private let json: Bool
    private let console: Console

    /// Describes what to show; `batch` nil means all.
    public init(config: String, batch: String?, watch: Bool, json: Bool, console: Console = .standard) {
        self.config = config
        self.batch = batch
        self.watch = watch
        self.json = json
        self.console = console
    }

    /// Prints once, or every second until nothing moves any more.
    public func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        let store = try place.storeForReading()
        while try show(selection(store), BatchOutlooks(place, store), place.storage()), watch {
            try console.requireOutput()
            try await Task.sleep(for: .seconds(1))
        }
        try store.close()
        return .succeeded
    }

    private func selection(_ store: RecordStore) throws -> [Batch] {
        guard let batch else { return try store.batches() }
        return [try store.batchOrFailure(batch)]
    }

    /// Prints batches; whether any of them moves.
    private func show(_ batches: [Batch], _ outlooks: BatchOutlooks, _ storage: StorageCondition) throws -> Bool {
        let (resumptions, hold) = (try outlooks.store.resumptions(), try outlooks.store.restoreHold())
        if json {
            let report = StatusReport(
                runner: RunnerReport(outlooks.runner, outlooks.status, storage),
                restore: hold.map(StatusReport.Restore.init),
                batches: try batches.map { try BatchStatus($0, resumesAt: resumptions[$0.id], outlooks) })
            console.output(JSONText.text(of: report))
        } else {
            if let line = RunnerLine.text(of: outlooks.runner, outlooks.status, storage) { console.output(line) }
            if let hold { console.output("batches after the restore wait: \(hold.text)") }
            console.output(try text(of: batches, outlooks, resumptions))
        }
        return batches.contains { !$0.state.isAtRest && !outlooks.isStopped($0) }
    }

    private func text(
        of batches: [Batch], _ outlooks: BatchOutlooks, _ resumptions: [BatchID: Int64]
    ) throws -> String {
        guard let only = batches.first, batch != nil else { return BatchTable.text(of: batches, outlooks) }
        return BatchTable.detail(of: only, try outlooks.outlook(of: only), resumesAt: resumptions[only.id])
    }
}

extension BatchState {
    /// Whether nothing moves until somebody does something.
    var isAtRest: Bool { isFinished || [.awaitingConfirmation, .paused, .halted].contains(self) }
}
