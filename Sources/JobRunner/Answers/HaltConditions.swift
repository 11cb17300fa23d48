import Basics
import RecordStore

/// Halts a batch of whose latest answers too many were final refusals, as when a column has shifted and the lines still
/// look right.
///
/// Only answers that settle a record count: a 429 says nothing about the file.
struct FailureThreshold: Sendable {
    private let most: Int
    private let batch: String
    /// Whether each of the latest answers was a failure.
    private var answers: SlidingWindow

    /// - Parameters:
    ///   - most: More failures than this halt; as many as are looked at never do.
    ///   - window: How many of the latest answers are looked at; fewer never halt.
    ///   - batch: The batch's name, for the remedy.
    init(most: Int, window: Int, batch: String) {
        self.most = most
        self.batch = batch
        answers = SlidingWindow(size: window)
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
        answers.record(isFailure)
        guard answers.isFull, answers.count > most else { return nil }
        return .failing(answers.count, of: answers.size, batch: batch)
    }
}

/// Counts answers in a row that could not be used; each was billed, so a few of them are reason to halt.
///
/// Only an answer that holds what this version knows breaks the row: no other outcome shows that our key still opens
/// answers. Until the first of them no more calls are under way than may yet be lost, so that a wrong key costs at most
/// `halt.undecipherable` calls; after a halt it costs one at most, until a key has proven right.
struct UndecipherableStreak: Sendable {
    var limit: Int
    private var count = 0
    /// Whether an answer was of use since the start or the last reset.
    private var isProven = false
    /// Whether a row of them has halted, and none was of use since; outlives the process.
    private(set) var isKeyDoubted = false

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// How many calls may be under way; nil: no limit.
    var mostUnderWay: Int? { isProven ? nil : isKeyDoubted ? 1 : max(1, limit - count) }

    /// Counts one outcome; returns the halt when the row is long enough.
    mutating func record(_ outcome: Outcome) -> Halt? {
        switch outcome.kind {
        case .succeeded where !outcome.countsAsUnreadable: prove()
        case .succeeded, .undecipherable:
            count += 1
            guard count >= limit || isKeyDoubted else { return nil }
            isKeyDoubted = true
            return .undecipherable(inARow: count)
        default: break
        }
        return nil
    }

    /// The key in use opens answers.
    mutating func prove() {
        count = 0
        isProven = true
        isKeyDoubted = false
    }

    /// Starts a new row: the key may have changed.
    mutating func reset() {
        count = 0
        isProven = false
    }

    /// Continues where an earlier process stopped.
    mutating func resume(isKeyDoubted: Bool) { self.isKeyDoubted = self.isKeyDoubted || isKeyDoubted }
}

/// Counts answers that are those of earlier calls. Unlike answers that cannot be read they need not come in a row: where a
/// cache answers some of the calls, others are answered between.
struct RepeatedAnswers: Sendable {
    /// One may be chance, and each is billed.
    private static let limit = 3
    private var count = 0

    /// Counts one outcome; returns the halt when there are too many.
    mutating func record(_ outcome: Outcome) -> Halt? {
        guard outcome.kind == .repeated else { return nil }
        count += 1
        return count >= Self.limit ? .repeated(count) : nil
    }
}

/// Which of a batch's records were refused because of how this side seems to be configured, and whether others were
/// answered meanwhile: then these records are the cause. A pure value.
struct RefusalHistory: Sendable {
    private var answers = 0
    /// How many answers had come when a record was first refused.
    private var answersBefore: [RecordID: Int] = [:]
    private var refusedProbe: RecordID?
    /// What the other side said when it last refused a probe.
    private(set) var lastText: String?

    /// Whether the last probe that was sent with one of these records was refused.
    var isProbeRefused: Bool { refusedProbe != nil }

    /// Whether others were answered since the record of the last refused probe was refused for the first time.
    var wereOthersAnswered: Bool {
        guard let refusedProbe, let before = answersBefore[refusedProbe] else { return false }
        return answers > before
    }

    /// Records how a call with a record ended, in the order in which the ends arrive.
    mutating func take(_ sign: Outcome.GateSignal?, of record: RecordID, isProbe: Bool, errorText: String?) {
        if isProbe { refusedProbe = nil }
        switch sign {
        case .answered:
            answers += 1
            answersBefore[record] = nil
        case .misconfigured:
            answersBefore[record] = answersBefore[record] ?? answers
            guard isProbe else { return }
            (refusedProbe, lastText) = (record, errorText)
        case .trouble, nil: break
        }
    }
}
