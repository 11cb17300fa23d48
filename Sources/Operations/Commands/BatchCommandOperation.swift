import Basics
import Foundation
import JobRunner
import RecordStore
import Results
import Settings

/// `rollcall start`, `pause`, `resume` and `cancel`: takes effect at the runner's next claim.
package struct BatchCommandOperation: Sendable {
    private let command: BatchCommand
    private let batch: String
    private let config: String
    private let json: Bool
    private let console: Console

    /// Describes what to do with which batch.
    package init(_ command: BatchCommand, batch: String, config: String, json: Bool, console: Console = .standard) {
        self.command = command
        self.batch = batch
        self.config = config
        self.json = json
        self.console = console
    }

    /// Moves the batch to its new state and says which process continues it.
    package func perform() async throws -> ExitStatus {
        let session = try await OperatorSession(Installation(config: config), console: console)
        let batch = try await perform(in: session)
        if json {
            let status = try await BatchStatus(
                session.store.batch(batch.id), BatchOutlooks(session.place, session.store))
            console.output(JSONText.text(of: status))
        }
        try await session.close()
        return .succeeded
    }

    /// The same in a session that is open.
    ///
    /// - Returns: The batch, as it was when it was moved.
    /// - Throws: `OperationFailure` (3) if the command makes no sense for the batch's state; `StoreError`.
    func perform(in session: OperatorSession) async throws -> Batch {
        var batch = try await session.store.batchOrFailure(batch)
        // If the runner or another operator was quicker, the command is applied to the state the batch is in then.
        while try await !perform(on: batch, in: session) { batch = try await session.store.batch(batch.id) }
        return batch
    }

    /// Whether it is done; false where the batch is in another state meanwhile.
    private func perform(on batch: Batch, in session: OperatorSession) async throws -> Bool {
        if command != .cancel, batch.state == .awaitingConfirmation, let hold = try await session.store.restoreHold(),
            hold.covers(batch.id)
        {
            throw OperationFailure(.unfinished, "\(batch.name) waits: \(hold.text)")
        }
        let effect = command.effect(
            on: batch.state, isIngested: batch.isIngested, of: batch.name, rest: batch.waysToSendRest)
        switch effect {
        case .refused(let why): throw OperationFailure(.unfinished, "\(batch.name) \(why)")
        case .nothing:
            try await repeatDecision(on: batch, in: session)
            return true
        case .becomes(let state): return try await move(batch, to: state, in: session)
        }
    }

    /// Resuming also says that the cause has been fixed: the daemon is notified even if the batch's state does not
    /// change.
    private func repeatDecision(on batch: Batch, in session: OperatorSession) async throws {
        console.note("\(batch.name) is \(batch.state.rawValue) already")
        guard command == .resume else { return }
        try await session.note(command.action, of: batch.id)
        console.note("\(try await session.continuingRunner()), with the keys as they are now")
    }

    private func move(_ batch: Batch, to state: BatchState, in session: OperatorSession) async throws -> Bool {
        let hasMoved = try await session.store.moveBatch(
            batch.id, from: [batch.state], to: state, reason: reason(for: state, session),
            noting: session.action(command.action, of: batch.id))
        if hasMoved { console.note("\(batch.name): \(command.participle); \(try await follows(batch, session))") }
        return hasMoved
    }

    private func reason(for state: BatchState, _ session: OperatorSession) -> String? {
        state == .paused ? "paused by \(session.actor ?? NSUserName())" : nil
    }

    private func follows(_ batch: Batch, _ session: OperatorSession) async throws -> String {
        switch command {
        case .start, .resume: return try await session.continuingRunner(of: batch.id)
        case .pause: return "calls under way are awaited; \(Hint.resume(batch: batch.name)) continues it"
        case .cancel:
            let cancelled = try await session.store.batch(batch.id)
            let run: Int32? = if case .run(let process) = try await session.place.runner() { process } else { nil }
            return "\(cancelled.givenUp(during: run)); \(try await resultsFollow(cancelled, session))"
        }
    }

    /// The process that awaits the calls under way writes the results; if there is none, they are written here.
    private func resultsFollow(_ batch: Batch, _ session: OperatorSession) async throws -> String {
        let awaits = batch.counts.inFlight > 0 ? "awaits calls under way and " : ""
        if let home = try await session.store.homes()[batch.id], home.isElsewhere, home.isRunning {
            return "node \(home.node) \(awaits)writes the results"
        }
        switch try await session.place.runner() {
        case .daemon: return "the daemon \(awaits)writes the results"
        case .run(let process) where batch.counts.inFlight > 0:
            return "process \(process) \(awaits)writes the results"
        case .run, .nobody:
            let place = session.place
            let results = BatchResults(
                store: session.store, pricing: place.pricing, place: session.resultsPlace(of: batch))
            let written = try await results.publish(
                batch, by: { try session.provenance() }, console: console)
            return "its results are in \(written.paths.folder)"
        }
    }
}
