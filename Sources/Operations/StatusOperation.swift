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

    /// Prints once, or every second until nothing can change any more.
    public func perform() async throws -> ExitStatus {
        let place = try Workplace(config: config)
        let store = try place.storeForReading()
        var shown = try selection(store)
        try show(shown, store, place)
        while watch, shown.contains(where: { !$0.state.isAtRest }) {
            try console.requireOutput()
            try await Task.sleep(for: .seconds(1))
            shown = try selection(store)
            try show(shown, store, place)
        }
        try store.close()
        return .succeeded
    }

    private func selection(_ store: RecordStore) throws -> [Batch] {
        guard let batch else { return try store.batches() }
        return [try store.batchOrFailure(batch)]
    }

    private func show(_ batches: [Batch], _ store: RecordStore, _ place: Workplace) throws {
        let (runner, status) = (try place.runner(), try store.runnerStatus())
        let resumptions = try store.resumptions()
        if json {
            let report = StatusReport(
                runner: RunnerReport(runner, status),
                batches: try batches.map { try BatchStatus($0, resumesAt: resumptions[$0.id], in: store) })
            return console.output(JSONText.text(of: report))
        }
        if let line = RunnerLine.text(of: runner, status) { console.output(line) }
        if let only = batches.first, batch != nil {
            console.output(BatchTable.detail(of: only, resumesAt: resumptions[only.id]))
        } else {
            console.output(BatchTable.text(of: batches))
        }
    }
}

extension BatchState {
    /// Whether nothing moves until somebody does something.
    var isAtRest: Bool { isFinished || [.awaitingConfirmation, .paused, .halted].contains(self) }
}
