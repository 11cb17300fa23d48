internal import RecordStore

/// Halts a batch of whose latest answers too many were final refusals, as when a column has shifted and the lines still
/// look right.
///
/// Only answers that settle a record count: a 429 says nothing about the file.
struct FailureThreshold: Sendable {
    private let most: Int
    private let batch: String
    private var answers: [Bool]
    private var next = 0
    private var counted = 0
    private var failed = 0

    /// - Parameters:
    ///   - most: More failures than this halt; as many as are looked at never do.
    ///   - window: How many of the latest answers are looked at; fewer never halt.
    ///   - batch: The batch's name, for the remedy.
    init(most: Int, window: Int, batch: String) {
        self.most = most
        self.batch = batch
        answers = [Bool](repeating: false, count: max(1, window))
    }

    /// Counts one answer by what becomes of its record; returns the halt when there are too many failures.
    mutating func record(_ outcome: Outcome, next step: NextStep) -> Halt? {
        guard outcome.isAnswer else { return nil }
        switch step {
        case .succeeded, .inDoubt: return count(isFailure: false)
        case .failed: return count(isFailure: true)
        case .retry, .last, .release: return nil
        }
    }

    private mutating func count(isFailure: Bool) -> Halt? {
        failed += (isFailure ? 1 : 0) - (answers[next] ? 1 : 0)
        answers[next] = isFailure
        next = (next + 1) % answers.count
        counted = min(counted + 1, answers.count)
        guard counted == answers.count, failed > most else { return nil }
        return .failing(failed, of: answers.count, batch: batch)
    }
}
