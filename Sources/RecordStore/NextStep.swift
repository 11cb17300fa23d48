/// What becomes of a record after an attempt.
public enum NextStep: Sendable, Equatable {
    /// It has its answer.
    case succeeded
    /// It was refused for good, or is out of attempts.
    case failed
    /// It may have been billed and has no answer.
    case inDoubt
    /// It is queued again, not before a time in milliseconds since 1970 UTC.
    case retry(notBefore: Int64, spendsAttempt: Bool)
    /// It is queued again behind everything else, its attempt unspent, until `RecordStore.bringForward(_:of:)`.
    case last
    /// It goes back to the queue as it was, its attempt unspent, ready at once.
    case release
}

extension NextStep {
    /// The record's status after it.
    var status: RecordStatus {
        switch self {
        case .succeeded: .succeeded
        case .failed: .failed
        case .inDoubt: .inDoubt
        case .retry, .last, .release: .queued
        }
    }

    /// Stands for a time that never comes.
    static let behindAll = Int64.max

    /// When a record that is queued again is ready.
    var notBefore: Int64? {
        switch self {
        case .retry(let notBefore, _): notBefore
        case .last: Self.behindAll
        case .release: 0
        case .succeeded, .failed, .inDoubt: nil
        }
    }

    /// Whether the attempt counts towards the record's `retry.attempts`.
    var spendsAttempt: Bool {
        switch self {
        case .succeeded, .failed, .inDoubt: true
        case .retry(_, let spendsAttempt): spendsAttempt
        case .last, .release: false
        }
    }
}
