import Basics
import RecordStore

/// Which batches `status` shows: one by its name, or those of a state or a job, the newest of them where not all are
/// wanted. A pure rule.
package struct StatusSelection: Sendable, Equatable {
    /// A batch's name or number; nil: all.
    let batch: String?
    private let states: Set<String>?
    private let job: String?
    private let limit: Int?

    /// All batches.
    package static let all = StatusSelection()

    private init() { (batch, states, job, limit) = (nil, nil, nil, nil) }

    /// Reads what a command line names.
    ///
    /// - Parameters:
    ///   - batch: A batch's name or number; nil: all.
    ///   - states: States as `status` shows them, joined by commas; nil: all.
    ///   - job: A job's name; nil: all.
    ///   - limit: How many batches at most, above 0; nil: all.
    /// - Throws: `OperationFailure` (64) for a state that there is not, which names the nearest.
    package init(batch: String?, states: String?, job: String?, limit: Int?) throws {
        (self.batch, self.job, self.limit) = (batch, job, limit)
        self.states = try states.map { try Set($0.split(separator: ",").map(Self.state)) }
    }

    /// The states there are, as they are shown.
    package static let knownStates = BatchState.allCases.map(\.rawValue) + [Self.stopped]

    /// What a batch in state running is shown as where no process runs it.
    static let stopped = "stopped"

    private static func state(_ text: Substring) throws -> String {
        let word = text.filter { $0 != " " }
        if knownStates.contains(word) { return word }
        let meant = EditDistance.meantWord(by: word, among: knownStates).map { "did you mean '\($0)'? The" } ?? "the"
        throw OperationFailure(
            .usage,
            "there is no state '\(word)'; \(meant) states are \(knownStates.joined(separator: ", "))")
    }

    /// The batches that are meant, in the order they came.
    ///
    /// - Parameters:
    ///   - batches: All, oldest first.
    ///   - isStopped: Whether a batch in state running is run by no process.
    /// - Returns: Those.
    func picked(from batches: [Batch], isStopped: (Batch) -> Bool) -> [Batch] {
        let fitting = batches.filter { batch in
            (job.map { $0 == batch.job } ?? true)
                && (states?.contains(batch.stateText(isStopped: isStopped(batch))) ?? true)
        }
        return limit.map { Array(fitting.suffix($0)) } ?? fitting
    }
}
