import Basics
import Foundation
import RecordStore

/// Why the runner stopped a batch, and what to do about it. Neither text holds a value of a record.
package struct Halt: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Cause: String, Sendable {
        /// Probes kept being refused because of how this side is set up.
        case misconfigured
        /// Probes kept being refused while others were answered: these records are the cause.
        case recordsRefused
        /// Several answers in a row could not be deciphered, or came unencrypted where that is forbidden.
        case undecipherable
        /// The other side has been out of reach for longer than `halt.outage`.
        case outage
        /// The other side requests a wait that is too long.
        case longWait
        /// For longer than `halt.outage` every answer was 'too many calls'.
        case overloaded
        /// Answers to earlier calls came back again.
        case repeated
        /// Too many of a batch's latest answers are final refusals.
        case failing
    }

    package let cause: Cause
    /// One sentence: what happened.
    package let reason: String
    /// One sentence or two: what to do before the batch can continue.
    package let remedy: String

    /// Names a cause, what happened and what to do about it.
    package init(cause: Cause, reason: String, remedy: String) {
        self.cause = cause
        self.reason = reason
        self.remedy = remedy
    }

    /// Reason and remedy, one after the other.
    package var description: String { "\(reason) \(remedy)" }
}

extension Halt {
    /// `api.require_encrypted_answers` is true and a 200 came as plain JSON.
    static let answersNotEncrypted = Halt(
        cause: .undecipherable,
        reason: "An answer was not encrypted although api.require_encrypted_answers is true.",
        remedy: "Ask Mastercard to switch on response encryption for this project, or set the key to false.")

    /// Several answers in a row could not be deciphered.
    static func undecipherable(inARow count: Int) -> Halt {
        Halt(
            cause: .undecipherable,
            reason: count == 1
                ? "An answer could not be deciphered, or held nothing known; it was billed and is kept sealed."
                : "\(Counted.number(count)) answers in a row could not be deciphered, or held nothing known; they were "
                    + "billed and are kept sealed.",
            remedy: "Check that api.decryption_key belongs to the project's 'Mastercard Encryption Key'. What is kept "
                + "is read before another call is made.")
    }

    /// A batch halted by such answers is resumed, and the current key does not open the stored ones.
    static func stillUndecipherable(_ count: Int, batch: String) -> Halt {
        Halt(
            cause: .undecipherable,
            reason: "With today's api.decryption_key \(Counted.things(count, "kept answer")) still cannot be "
                + "deciphered; no call was made.",
            remedy: "Put the right key in its place. Where it is lost, "
                + "\(Hint.resolve(batch: batch, decision: "failed")) settles these records, and the next call shows "
                + "whether the key of today is right.")
    }

    /// Answers to earlier calls came back again.
    static func repeated(_ count: Int) -> Halt {
        Halt(
            cause: .repeated,
            reason: "\(Counted.things(count, "answer")) came that belong to other calls; answers are repeated: a cache "
                + "or gateway? They are kept sealed, their records in doubt.",
            remedy: "Find what answers in the API's place, between here and api.base_url.")
    }

    /// Nothing but 'too many calls' for longer than `halt.outage`.
    static func overloaded(for length: Duration, rate: Double) -> Halt {
        Halt(
            cause: .overloaded,
            reason: "For \(length.inWords) the API has answered every call with 'too many calls' (429, or 503 with "
                + "Retry-After), at limits.rate \(rate.inWords): the contract's calls are used up, or the rate is too "
                + "high.",
            remedy: "Compare limits.rate with the contract's, and ask Mastercard how many calls are left.")
    }

    /// Every probe was refused because of this side's settings.
    static func misconfigured(probes: Int, last: String?) -> Halt {
        Halt(
            cause: .misconfigured,
            reason: "The API refused \(inARow(probes)), so the fault is on this side\(quoted(last)).",
            remedy: "Check client certificate, encryption key and base URL with \(Hint.doctor).")
    }

    /// Every probe was refused, although other records of the batch were answered since theirs was first refused.
    static func recordsRefused(probes: Int, last: String?, batch: String) -> Halt {
        Halt(
            cause: .recordsRefused,
            reason: "The API refused \(inARow(probes)), but only of records that it refused before, while it answered "
                + "others\(quoted(last)).",
            remedy: "\(Hint.records(batch: batch, status: "queued")) lists them. When the API takes them, continue; "
                + "\(Hint.cancel(batch: batch)) ends the batch with what there is.")
    }

    /// The same for a batch of which others were answered at some time before.
    func orRecordsRefused(batch: String) -> Halt {
        Halt(
            cause: cause, reason: reason,
            remedy:
                "\(remedy) Others of this batch were answered before, so where the doctor finds nothing it may be about "
                + "the records that wait: \(Hint.records(batch: batch, status: "queued")) lists them, "
                + "\(Hint.cancel(batch: batch)) ends the batch with what there is.")
    }

    /// The other side stayed out of reach for longer than `halt.outage`.
    static func outage(_ length: Duration, last: String?) -> Halt {
        Halt(
            cause: .outage,
            reason: "The API has been out of reach for more than \(length.inWords)\(quoted(last)).",
            remedy: "Check the network, the proxy and api.base_url with \(Hint.doctor).")
    }

    /// `Retry-After` requests a wait until `end`, which is more than `longest`.
    static func longWait(until end: WallTime, longest: Duration) -> Halt {
        let lastOf9999 = WallTime(milliseconds: 253_402_300_799_999)
        let date =
            end > lastOf9999 ? "the year 10000 or later" : end.date.formatted(.iso8601)
        return Halt(
            cause: .longWait,
            reason: "The API asks every caller to wait until \(date), for more than \(longest.inWords) (Retry-After).",
            remedy: "Ask Mastercard whether the project is suspended or over its quota.")
    }

    /// Too many of a batch's latest answers were final refusals.
    static func failing(_ failed: Int, of answers: Int, batch: String) -> Halt {
        Halt(
            cause: .failing,
            reason: (answers == 1
                ? "The last answer" : "\(Counted.number(failed)) of the last \(Counted.number(answers)) answers")
                + " failed for good, so the file may not be what it seems.",
            remedy:
                "\(Hint.records(batch: batch, status: "failed")) lists the lines (a shifted column can still pass every "
                + "check); \(Hint.cancel(batch: batch)) gives up what has not been sent.")
    }

    /// The same for a batch that this keeps from completing: last comes the command that resumes it.
    func named(for batch: String) -> Halt {
        Halt(cause: cause, reason: reason, remedy: "\(remedy) To continue: \(Hint.resume(batch: batch)).")
    }

    private static func inARow(_ probes: Int) -> String {
        probes == 1 ? "the probe" : "\(Counted.number(probes)) probes in a row"
    }

    /// The other side's last message, without the full stop that ends our own sentence.
    private static func quoted(_ text: String?) -> String {
        text.map { ": \($0.hasSuffix(".") ? String($0.dropLast()) : $0)" } ?? ""
    }
}

extension Double {
    /// A rate without a zero fraction.
    fileprivate var inWords: String {
        Int(exactly: self).map(String.init) ?? "\(self)"
    }
}

extension Duration {
    /// Whole hours, minutes or seconds, in words.
    var inWords: String {
        let seconds = components.seconds
        switch seconds {
        case 3600... where seconds % 3600 == 0: return Counted.things(Int(seconds / 3600), "hour")
        case 60... where seconds % 60 == 0: return Counted.things(Int(seconds / 60), "minute")
        default: return Counted.things(Int(seconds), "second")
        }
    }
}

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
