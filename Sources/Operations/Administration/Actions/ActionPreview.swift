import Basics
import JobRunner
import RecordStore
import Results

/// What an action would do, shown before it is done: from the same functions as the commands' own warnings.
struct ActionPreview: Sendable, Equatable {
    /// Records that it concerns.
    var records = 0
    /// Calls that it brings about, if nothing fails.
    var calls = 0
    /// The most calls that it can bring about, where each record takes all its attempts.
    var mostCalls = 0
    /// What these cost; nil: nothing.
    var cost: Cost?
    /// The least time that they take, in seconds.
    var seconds = 0.0
    /// Calls that may be billed a second time, or surely are.
    var possibleDoubleBills = 0
    /// What else is to be known.
    var notes: [String] = []
    /// Why it cannot be done; nil: it can.
    var obstacle: String?

    /// Whether it would do more than somebody was shown: what has happened meanwhile may only have made it less. Pausing
    /// and giving up bring about no call, however many records have been sent since.
    func exceeds(_ shown: ActionPreview) -> Bool {
        calls > shown.calls || possibleDoubleBills > shown.possibleDoubleBills
            || (calls == shown.calls && cost != shown.cost) || (settles && records > shown.records)
    }

    /// Whether its records are decided about for good.
    private var settles = false
}

extension ActionPreview {
    /// Of start, pause, resume and cancel.
    ///
    /// - Parameters:
    ///   - command: Which.
    ///   - batch: The batch as it is.
    ///   - estimate: What is left to be sent of it.
    ///   - hold: What it waits for since a restore; nil: nothing.
    ///   - left: How many calls the caps leave; nil: that makes no difference.
    ///   - attempts: The most calls for one record.
    init(
        _ command: BatchCommand, on batch: Batch, _ estimate: Estimate, after hold: RestoreHold?,
        within left: CallAllowance? = nil, attempts: Int = 1
    ) {
        records = batch.counts.queued
        if case .refused(let why) = command.effect(
            on: batch.state, isIngested: batch.isIngested, of: batch.name,
            rest: batch.waysToSendRest ?? batch.wayToReadAgain)
        {
            obstacle = "\(batch.name) \(why)"
        }
        if command != .cancel, batch.state == .awaitingConfirmation, let hold {
            obstacle = "\(batch.name) waits: \(hold.text)"
        }
        switch command {
        case .start, .resume:
            add(estimate, attempts: attempts, within: left)
            possibleDoubleBills = min(estimate.billedBefore, calls)
            if estimate.billedBefore > 0 {
                let were = estimate.billedBefore == 1 ? "was, or may have been," : "were, or may have been,"
                notes.append(
                    "\(NumberFormat.count(estimate.billedBefore, "record")) of these \(were) billed before; "
                        + "sending \(estimate.billedBefore == 1 ? "it" : "them") pays once more")
            }
        case .pause: notes.append("no call is made until it is resumed")
        case .cancel: notes.append("what is queued is given up; it can be sent again later")
        }
        if batch.counts.inFlight > 0, [.pause, .cancel].contains(command) {
            let verb = Counted.verb(batch.counts.inFlight, "is awaited, and counts", "are awaited, and count")
            notes.append("\(NumberFormat.count(batch.counts.inFlight, "call")) under way \(verb)")
        }
    }

    /// Of sending records again.
    ///
    /// - Parameters:
    ///   - proposal: What that would do.
    ///   - batch: The batch as it is.
    ///   - left: How many calls the caps leave; nil: that makes no difference.
    ///   - attempts: The most calls for one record.
    init(_ proposal: RequeueProposal, of batch: Batch, within left: CallAllowance? = nil, attempts: Int = 1) {
        records = proposal.selected.records
        notes = proposal.reasons + [proposal.held, batch.nextStepText(queuedAgain: records)].compactMap(\.self)
        add(proposal.confirmation.estimate, attempts: attempts, within: left)
        possibleDoubleBills = proposal.possibleDoubleBills
        if proposal.selected.own.answered > 0 {
            notes.append("answers that are kept are tried with today's keys first; those that open need no call")
        }
        if let reason = batch.reasonNotToRerun {
            obstacle = "\(batch.name) \(reason)"
        } else if records == 0 {
            obstacle = "no record of \(batch.name) is chosen by this"
        } else if proposal.selected.areAllHeldByOthers {
            obstacle = proposal.held
        } else if proposal.confirmation.isHeld {
            obstacle = proposal.confirmation.reason
        }
    }

    /// Of giving up records in doubt.
    init(resolving selected: SelectedInDoubt, of batch: Batch) {
        (records, settles) = (selected.records, true)
        notes = InDoubtMessages.decisions(on: selected.own, of: batch.name)
        notes.append("they count as failed from then on; whether they were billed stays unknown")
        if records == 0 { obstacle = "no record of \(batch.name) is in doubt there" }
    }

    private mutating func add(_ estimate: Estimate, attempts: Int, within left: CallAllowance?) {
        let allowed = estimate.limited(to: left?.count ?? .max)
        (calls, seconds, cost) = (allowed.calls, allowed.seconds, allowed.cost)
        let most = estimate.calls.multipliedReportingOverflow(by: max(1, attempts))
        mostCalls = min(most.overflow ? .max : most.partialValue, left?.count ?? .max)
        if let cap = left?.limitedBy, calls < estimate.calls {
            let wanted = NumberFormat.count(estimate.calls, "call")
            notes.append(
                "limits.\(cap.rawValue) leaves \(NumberFormat.count(calls)) of \(wanted) for now: the batch pauses there again"
            )
        }
        let spared = [
            (estimate.repeats, "the same as an earlier line"), (estimate.reused, "answered before"),
            (estimate.held, "held, as an identical record is in doubt"),
        ]
        for (count, why) in spared where count > 0 {
            notes.append("\(NumberFormat.count(count, "record")) need no call: \(why)")
        }
        if mostCalls > calls {
            notes.append(
                "a call that fails for a while is repeated: at most \(NumberFormat.count(mostCalls, "call")) in all "
                    + "(retry.attempts)")
        }
    }
}

/// What pages have offered to do, each under a number of its own, so that a button does what it was shown with, and does
/// it once: a page that is loaded again, or sent twice, does nothing more. A pure value; random text comes from outside.
struct ActionOffers: Sendable {
    /// What somebody was shown.
    private struct Offer: Sendable {
        let id: String
        let action: BatchAction
        let batch: String
        let scope: ActionScope
        let preview: ActionPreview
    }

    /// How many are kept at most; the oldest makes room. A page that is older than so many others is shown again.
    static let capacity = 1_000

    private var offers: [Offer] = []

    /// Keeps what is shown now.
    ///
    /// - Parameters:
    ///   - id: Random text, which the page's form carries.
    ///   - action: What would be done.
    ///   - batch: The batch's name.
    ///   - scope: With which of its records.
    ///   - preview: What that would do.
    mutating func add(
        _ id: String, _ action: BatchAction, of batch: String, _ scope: ActionScope, _ preview: ActionPreview
    ) {
        if offers.count >= Self.capacity { offers.removeFirst() }
        offers.append(Offer(id: id, action: action, batch: batch, scope: scope, preview: preview))
    }

    /// What stands against doing what was shown under an id, which ends with this.
    ///
    /// - Parameters:
    ///   - id: The text of the form.
    ///   - action: What is wanted.
    ///   - batch: The batch's name.
    ///   - scope: With which of its records.
    ///   - preview: What it would do now.
    /// - Returns: A sentence; nil: nothing, it may be done.
    mutating func objection(
        to id: String?, _ action: BatchAction, of batch: String, _ scope: ActionScope, _ preview: ActionPreview
    ) -> String? {
        guard let index = offers.firstIndex(where: { $0.id == id }) else {
            return "This was done already, or was shown too long ago; nothing was done now. Look at what it would do."
        }
        let offer = offers.remove(at: index)
        guard offer.action == action, offer.batch == batch, offer.scope == scope else {
            return "Something else was shown; nothing was done. Look at what this does."
        }
        guard preview.obstacle == nil, !preview.exceeds(offer.preview) else {
            return "Something has happened since this was shown; nothing was done. Look again at what it does."
        }
        return nil
    }
}
