import Basics
import Foundation
import RecordStore
import Settings

/// A hand on the database beside whoever runs it, if anybody does.
struct OperatorSession: Sendable {
    let place: Installation
    let store: RecordStore
    let console: Console

    /// Opens the database; takes no lock and calls nothing.
    ///
    /// - Throws: `OperationFailure` (78) where there is no database yet; `StoreError`.
    init(_ place: Installation, console: Console) throws {
        self.place = place
        self.console = console
        store = try place.storeForOperating()
    }

    /// Keeps what was done among the actions, with who did it. Keys that can't be read stand in nobody's way here.
    func note(_ name: String, of batch: BatchID?, detail: String? = nil) async throws {
        try await store.recordAction(try action(name, of: batch, detail: detail))
    }

    /// What the operator does now.
    func action(_ name: String, of batch: BatchID?, detail: String? = nil) throws -> Action {
        Action(
            at: Int64(Date().timeIntervalSince1970 * 1_000), batch: batch, name: name, detail: detail,
            provenance: try place.operatorProvenance())
    }

    /// Who goes on with a batch, as the end of a sentence.
    func continuingRunner() throws -> String {
        switch try place.runner() {
        case .daemon(let process): "the daemon (process \(process)) goes on with it"
        case .run(let process):
            "process \(process) runs this database; when it has ended, \(Hint.daemon) goes on with it"
        case .nobody: "no daemon runs; \(Hint.daemon) goes on with it, or run the file again"
        }
    }

    /// Where a batch's results go; of a batch whose job is gone, where those without a job go.
    func resultsPlace(of batch: Batch) -> ResultsLocation { place.resultsPlace(of: batch) }

    /// Closes the database.
    func close() async throws {
        try await store.closeWithoutBlocking()
    }
}
