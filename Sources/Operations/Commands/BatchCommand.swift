import Basics
import Foundation
import JobRunner
import RecordStore
import Results
import Settings

/// What an operator can do with a batch as a whole. A pure rule: which state it leads to, or why not.
package enum BatchCommand: String, Sendable, CaseIterable {
    /// Agree to what a waiting batch costs.
    case start
    /// Make no more calls for now.
    case pause
    /// Continue after a pause or a halt.
    case resume
    /// Abandon what has not been sent.
    case cancel
}

extension BatchCommand {
    /// What is recorded of it.
    var action: Action.Name {
        switch self {
        case .start: .start
        case .pause: .pause
        case .resume: .resume
        case .cancel: .cancel
        }
    }

    /// What a command does to a batch in a state.
    enum Effect: Equatable {
        /// It goes there.
        case becomes(BatchState)
        /// It is there already.
        case nothing
        /// It can't; the rest of the sentence that begins with the batch's name.
        case refused(String)
    }

    /// What the command does to a batch.
    ///
    /// - Parameters:
    ///   - state: The batch's state.
    ///   - isIngested: Whether its whole file has been read.
    ///   - batch: The batch's name, for what can be done instead.
    ///   - rest: What sends the rest of a batch that is over; nil if nothing is left to be sent.
    /// - Returns: Where it goes, or why not.
    func effect(on state: BatchState, isIngested: Bool, of batch: String, rest: String?) -> Effect {
        switch (self, state) {
        case (.cancel, .cancelled): .nothing
        case (_, .completed), (_, .cancelled):
            .refused("is \(state.rawValue); \(rest ?? "nothing of it is left to be sent")")
        case (_, .rejected): .refused("is rejected and stays so")
        case (.start, _): start(state, batch)
        case (.pause, _): pause(state, batch)
        case (.resume, _): resume(state, isIngested, batch)
        case (.cancel, _): .becomes(.cancelled)
        }
    }

    /// The past participle that follows the batch's name.
    var participle: String {
        switch self {
        case .start: "started"
        case .pause: "paused"
        case .resume: "resumed"
        case .cancel: "cancelled"
        }
    }

    private func start(_ state: BatchState, _ batch: String) -> Effect {
        switch state {
        case .awaitingConfirmation: .becomes(.running)
        case .ingesting: .refused("is still being taken in; start it when it waits for confirmation")
        case .paused, .halted: .refused("is \(state.rawValue); \(Hint.resume(batch: batch)) continues with it")
        case .running, .completed, .cancelled, .rejected: .nothing
        }
    }

    private func pause(_ state: BatchState, _ batch: String) -> Effect {
        switch state {
        case .running, .ingesting: .becomes(.paused)
        case .awaitingConfirmation:
            .refused("waits for confirmation; nothing is sent before \(Hint.start(batch: batch))")
        case .halted: .refused("is halted; nothing is sent before \(Hint.resume(batch: batch))")
        case .paused, .completed, .cancelled, .rejected: .nothing
        }
    }

    private func resume(_ state: BatchState, _ isIngested: Bool, _ batch: String) -> Effect {
        switch state {
        case .paused: .becomes(isIngested ? .running : .ingesting)
        case .halted: .becomes(.running)
        case .awaitingConfirmation: .refused("waits for confirmation; \(Hint.start(batch: batch)) agrees to its cost")
        case .running, .ingesting, .completed, .cancelled, .rejected: .nothing
        }
    }
}

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
        try await OperatorSession.with(Installation(config: config), console: console) { session in
            let batch = try await perform(in: session)
            guard json else { return }
            let status = try await BatchStatus(
                session.store.batch(batch.id), BatchOutlooks(session.place, session.store))
            console.output(JSONText.text(of: status))
        }
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
            on: batch.state, isIngested: batch.isIngested, of: batch.name,
            rest: batch.waysToSendRest ?? batch.wayToReadAgain)
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
