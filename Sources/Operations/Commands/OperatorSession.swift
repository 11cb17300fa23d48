import Basics
import RecordStore
import Settings

/// Access to the database for what an operator does: beside the process that runs it, if there is one, or within it.
struct OperatorSession: Sendable {
    let place: Installation
    let store: RecordStore
    let console: Console
    /// Who acts, where that is not the user of this process.
    let actor: String?

    /// Opens the database, which only ``with(_:console:_:)`` closes.
    private init(_ place: Installation, console: Console) async throws {
        (self.place, self.console, actor) = (place, console, nil)
        store = try await place.storeForOperating()
    }

    /// Opens the database, does something in it, and closes it whatever comes of that; takes no lock and calls nothing.
    ///
    /// - Throws: `OperationFailure` (78) if there is no database yet; `StoreError`; what `body` throws.
    static func with<Value>(
        _ place: Installation, console: Console, _ body: (OperatorSession) async throws -> Value
    ) async throws -> Value {
        let session = try await OperatorSession(place, console: console)
        return try await session.store.closing { try await body(session) }
    }

    /// Uses a database that is open, for somebody who is signed in.
    init(_ place: Installation, store: RecordStore, actor: String, console: Console) {
        (self.place, self.store, self.console, self.actor) = (place, store, console, actor)
    }

    /// Records what was done as an action, with who did it. Unreadable keys do not prevent this.
    func note(_ name: Action.Name, of batch: BatchID?, detail: String? = nil) async throws {
        try await store.recordAction(try action(name, of: batch, detail: detail))
    }

    /// What the operator does now.
    func action(_ name: Action.Name, of batch: BatchID?, detail: String? = nil) throws -> Action {
        Action(at: WallTime.now(), batch: batch, name: name, detail: detail, provenance: try provenance())
    }

    /// Who acts, with what.
    func provenance() throws -> Provenance {
        var provenance = try place.operatorProvenance()
        if let actor { provenance.user = actor }
        return provenance
    }

    /// Which process continues a batch, as the end of a sentence.
    func continuingRunner(of batch: BatchID? = nil) async throws -> String {
        if let batch, let home = try await store.homes()[batch], home.isElsewhere {
            return home.isRunning
                ? "node \(home.node) on \(home.host) continues with it"
                : "node \(home.node) on \(home.host) continues with it when it runs"
                    + (home.areFoldersShared ? ", or another node's daemon" : "")
        }
        return switch try await place.runner() {
        case .daemon(let process): "the daemon (process \(process)) continues with it"
        case .run(let process):
            "process \(process) runs this database; when it has ended, \(Hint.daemon) continues with it"
        case .nobody: "no daemon runs; \(Hint.daemon) continues with it, or run the file again"
        }
    }

    /// Where a batch's results go; for a batch whose job is gone, where those without a job go.
    func resultsPlace(of batch: Batch) -> ResultsLocation { place.resultsPlace(of: batch) }
}
