import Basics
import Foundation

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
