import Basics
import RecordStore

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
            .refused("is \(state.rawValue); \(rest ?? (isIngested ? Self.nothingLeft : Self.nothingSent))")
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

    private static let nothingLeft = "nothing of it is left to be sent"
    private static let nothingSent = "nothing of it was sent; its file, run with --again, is taken in again"

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
