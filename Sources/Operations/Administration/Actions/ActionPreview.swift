import JobRunner
import RecordStore
import Results

/// What an action would do, shown before it is done: from the same functions as the commands' own warnings.
struct ActionPreview: Sendable, Equatable {
    /// Records that it concerns.
    var records = 0
    /// Calls that it brings about, if nothing fails.
    var calls = 0
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

    /// What is compared with what was shown, before it is done: something else may have happened meanwhile.
    var fingerprint: String { "\(records)/\(calls)/\(possibleDoubleBills)/\(cost?.description ?? "-")" }
}

extension ActionPreview {
    /// Of start, pause, resume and cancel.
    ///
    /// - Parameters:
    ///   - command: Which.
    ///   - batch: The batch as it is.
    ///   - estimate: What is left to be sent of it.
    ///   - hold: What it waits for since a restore; nil: nothing.
    init(_ command: BatchCommand, on batch: Batch, _ estimate: Estimate, after hold: RestoreHold?) {
        records = batch.counts.queued
        if case .refused(let why) = command.effect(
            on: batch.state, isIngested: batch.isIngested, of: batch.name, rest: batch.waysToSendRest)
        {
            obstacle = "\(batch.name) \(why)"
        }
        if command != .cancel, batch.state == .awaitingConfirmation, let hold {
            obstacle = "\(batch.name) waits: \(hold.text)"
        }
        switch command {
        case .start, .resume: add(estimate)
        case .pause: notes.append("no call is made until it is resumed")
        case .cancel: notes.append("what is queued is given up; it can be sent again later")
        }
        if batch.counts.inFlight > 0, [.pause, .cancel].contains(command) {
            notes.append("\(NumberFormat.count(batch.counts.inFlight, "call")) under way are awaited, and count")
        }
    }

    /// Of sending records again.
    init(_ proposal: RequeueProposal, of batch: Batch) {
        records = proposal.selected.records
        add(proposal.admission.estimate)
        possibleDoubleBills = proposal.possibleDoubleBills
        notes = proposal.reasons + [proposal.held, batch.nextStepText(queuedAgain: records)].compactMap(\.self)
        if proposal.selected.own.answered > 0 {
            notes.append("answers that are kept are tried with today's keys first; those that open need no call")
        }
        if let reason = batch.reasonNotToRerun {
            obstacle = "\(batch.name) \(reason)"
        } else if records == 0 {
            obstacle = "no record of \(batch.name) is chosen by this"
        } else if proposal.selected.areAllHeldByOthers {
            obstacle = proposal.held
        } else if proposal.admission.isHeld {
            obstacle = proposal.admission.reason
        }
    }

    /// Of giving up records in doubt.
    init(resolving selected: SelectedInDoubt, of batch: Batch) {
        records = selected.records
        notes = InDoubtMessages.decisions(on: selected.own, of: batch.name)
        notes.append("they count as failed from then on; whether they were billed stays unknown")
        if records == 0 { obstacle = "no record of \(batch.name) is in doubt there" }
    }

    private mutating func add(_ estimate: Estimate) {
        (calls, seconds, cost) = (estimate.calls, estimate.seconds, estimate.cost)
        let spared = [
            (estimate.repeats, "the same as an earlier line"), (estimate.reused, "answered before"),
            (estimate.held, "held, as an identical record is in doubt"),
        ]
        for (count, why) in spared where count > 0 {
            notes.append("\(NumberFormat.count(count, "record")) need no call: \(why)")
        }
    }
}
