import Foundation
import JobRunner
import RecordStore

/// `rollcall start`, `pause`, `resume` and `cancel`: takes effect at the runner's next claim.
public struct BatchCommandOperation: Sendable {
    private let command: BatchCommand
    private let batch: String
    private let config: String
    private let json: Bool
    private let console: Console

    /// Describes what to do with which batch.
    public init(_ command: BatchCommand, batch: String, config: String, json: Bool, console: Console = .standard) {
        self.command = command
        self.batch = batch
        self.config = config
        self.json = json
        self.console = console
    }

    /// Moves the batch to its new state and says who goes on with it.
    public func perform() async throws -> ExitStatus {
        let session = try OperatorSession(Workplace(config: config), console: console)
        let batch = try session.store.batchOrFailure(batch)
        switch command.effect(on: batch.state, isIngested: batch.isIngested) {
        case .refused(let why): throw OperationFailure(.unfinished, "\(batch.name) \(why)")
        case .nothing: try await repeatWord(on: batch, in: session)
        case .becomes(let state): try await move(batch, to: state, in: session)
        }
        if json { console.output(JSONText.text(of: BatchStatus(try session.store.batch(batch.id)))) }
        try await session.close()
        return .succeeded
    }

    /// To resume is also to say that a remedy has been applied: a daemon hears of it, whatever the batch does.
    private func repeatWord(on batch: Batch, in session: OperatorSession) async throws {
        console.note("\(batch.name) is \(batch.state.rawValue) already")
        guard command == .resume else { return }
        try await session.note(command.rawValue, of: batch.id)
        console.note("\(try session.whoGoesOn()), with the keys as they are now")
    }

    private func move(_ batch: Batch, to state: BatchState, in session: OperatorSession) async throws {
        try await session.move(batch.id, to: state, reason: reason(for: state), by: command)
        console.note("\(batch.name): \(command.participle); \(try follows(batch, session))")
    }

    private func reason(for state: BatchState) -> String? {
        state == .paused ? "paused by \(NSUserName())" : nil
    }

    private func follows(_ batch: Batch, _ session: OperatorSession) throws -> String {
        switch command {
        case .start, .resume: return try session.whoGoesOn()
        case .pause: return "calls under way are awaited; 'rollcall resume \(batch.name)' goes on"
        case .cancel:
            let counts = try session.store.progress(batch.id)
            return "\(Figures.count(counts.cancelled, "record")) will not be sent; "
                + (counts.inFlight > 0 ? "calls under way are awaited; " : "") + (try resultsFollow(batch, session))
        }
    }

    private func resultsFollow(_ batch: Batch, _ session: OperatorSession) throws -> String {
        if case .daemon = try session.place.runner() { return "the daemon writes the results" }
        return "'rollcall export \(batch.name)' prints what there is"
    }
}
