import Basics
import Foundation
import RecordStore

/// `rollcall status`: the batches as they stand, read beside the process that runs them.
package struct StatusOperation: Sendable {
    private let config: String
    private let selection: StatusSelection
    private let watch: Bool
    private let json: Bool
    private let console: Console

    /// Describes what to show.
    package init(
        config: String, selection: StatusSelection, watch: Bool, json: Bool, console: Console = .standard
    ) {
        self.config = config
        self.selection = selection
        self.watch = watch
        self.json = json
        self.console = console
    }

    /// Prints once, or every second until nothing changes any more; on a terminal it watches in full screen, until the
    /// operator leaves.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        let store = try await place.storeForReading()
        if watch, !json, console.results.abilities.rewrites {
            try await watchInFullScreen(place, store)
        } else {
            while try await show(StatusReading(place, store, selection)), watch {
                try console.requireOutput()
                try await Task.sleep(for: .seconds(1))
            }
        }
        try await store.close()
        return .succeeded
    }

    /// Prints what was read; whether any batch moves.
    private func show(_ reading: StatusReading) async throws -> Bool {
        if json {
            console.output(JSONText.text(of: try await reading.report()))
        } else {
            let lines = try await reading.view().lines(fitting: console.results.columns)
            console.output(lines.rendered(on: console.results))
        }
        return reading.batches.contains { !$0.state.isAtRest && !reading.outlooks.isStopped($0) }
    }

    private func watchInFullScreen(_ place: Installation, _ store: RecordStore) async throws {
        let rates = MeasuredRates()
        try await FullScreen(keys: STDIN_FILENO, output: console.results).show { [selection] size in
            let reading = try await StatusReading(place, store, selection)
            rates.note(reading.batches)
            // A batch takes a line, and two are not the batches'.
            return try await reading.view(rates: rates.perSecond, atMost: max(1, size.rows - 2))
                .screen(size, at: WallTime.now())
        }
    }
}

extension BatchState {
    /// Whether nothing changes until an operator acts.
    var isAtRest: Bool { isFinished || [.awaitingConfirmation, .paused, .halted].contains(self) }
}
