import Basics
import Foundation
import JobRunner
import RecordStore
import Results
import Settings

/// Whether a batch that has been taken in may run, or waits for confirmation. A pure rule.
struct ConfirmationPolicy: Equatable {
    /// Why it waits; empty: it runs.
    let reasons: [String]
    /// What it would cost, for the operator's decision.
    let estimate: Estimate
    /// Whether agreement to its cost is not enough: it is held since a restore.
    let isHeld: Bool

    /// Judges a batch by its lines, what it would cost, and the job's settings for both.
    ///
    /// - Parameters:
    ///   - counts: The batch's lines.
    ///   - estimate: What they would cost.
    ///   - job: Its job.
    ///   - hold: What it waits for since a restore; nil: nothing.
    ///   - cardLikeIDs: Lines whose id or account looks like a payment card number.
    init(
        _ counts: BatchCounts, _ estimate: Estimate, under job: JobDefinition, after hold: RestoreHold?,
        cardLikeIDs: Int = 0
    ) {
        self.init(
            records: counts.total, invalid: counts.invalid, cardLikeIDs: cardLikeIDs, estimate, under: job,
            after: counts.queued > 0 ? hold : nil)
    }

    /// Judges a file that need not be taken in yet.
    init(
        records: Int, invalid: Int, cardLikeIDs: Int = 0, _ estimate: Estimate, under job: JobDefinition,
        after hold: RestoreHold? = nil,
        restoredSince: Bool = false
    ) {
        self.estimate = estimate
        isHeld = hold != nil
        reasons = [
            hold?.text, Self.restored(restoredSince && hold == nil), Self.shifted(records, invalid, estimate, job),
            Self.cardNumbers(cardLikeIDs, estimate), Self.confirm(estimate, job), Self.calls(estimate, job),
            Self.cost(estimate, job),
        ].compactMap { $0 }
    }

    /// Where the batch goes.
    var state: BatchState { reasons.isEmpty ? .running : .awaitingConfirmation }

    /// Why it waits and what it would cost; nil: it runs.
    var reason: String? {
        reasons.isEmpty ? nil : reasons.joined(separator: "; ") + ": " + estimate.text
    }

    private static func restored(_ isRestored: Bool) -> String? {
        isRestored
            ? "calls were lost by a restore since the batch ended: these lines may have been sent again, and paid, already"
            : nil
    }

    /// A single bad line in a small file is no sign of a shifted column; a share given in the settings applies exactly.
    /// Where nothing would be sent there is nothing to agree to: the lines are given back at once.
    private static func shifted(
        _ records: Int, _ invalid: Int, _ estimate: Estimate, _ job: JobDefinition
    ) -> String? {
        guard estimate.calls > 0 || estimate.held > 0 else { return nil }
        let share = job.maxInvalid ?? Settings.defaultMaxInvalid
        let spared = job.maxInvalid == nil ? 1 : 0
        guard invalid > spared, share.isExceeded(by: invalid, of: records) else { return nil }
        return
            "\(Counted.number(invalid)) of \(Counted.things(records, "line")) \(Counted.verb(invalid)) invalid, more than "
            + "max_invalid, \(share)"
    }

    /// One in ten long numbers has a right check digit by chance, so such an id may well be none; a person knows.
    private static func cardNumbers(_ lines: Int, _ estimate: Estimate) -> String? {
        guard lines > 0, estimate.calls > 0 || estimate.held > 0 else { return nil }
        return "the id or account of \(Counted.things(lines, "line")) looks like a payment card number"
    }

    private static func confirm(_ estimate: Estimate, _ job: JobDefinition) -> String? {
        job.needsConfirmation && estimate.calls > 0 ? "job \(job.name) says confirm: true" : nil
    }

    private static func calls(_ estimate: Estimate, _ job: JobDefinition) -> String? {
        let limit = job.confirmAbove.calls
        return estimate.calls > limit ? "more calls than confirm_above.calls, \(Counted.number(limit))" : nil
    }

    private static func cost(_ estimate: Estimate, _ job: JobDefinition) -> String? {
        guard let limit = job.confirmAbove.cost, case .known(let currency, _, let price) = estimate.cost,
            price > limit
        else { return nil }
        return "costs more than confirm_above.cost, "
            + Cost.known(currency: currency, certain: limit, atMost: limit).description
    }
}

/// Asks before a batch that is expensive or looks wrong, or leaves it waiting if nobody can be asked.
struct Confirmation {
    let store: RecordStore
    let job: JobDefinition
    let pricing: Pricing?
    let stop: StopSignal
    let console: Console
    let yes: Bool

    /// Whether the batch may run now; if not it stands in `awaiting_confirmation`.
    func allows(_ batch: Batch) async throws -> Bool {
        guard [.ingesting, .awaitingConfirmation].contains(batch.state) else { return true }
        let confirmation = try await Spending(store: store, job: job, pricing: pricing).confirmation(of: batch)
        guard let reason = confirmation.reason, confirmation.isHeld ? true : await !agreed(batch, reason) else {
            if batch.state == .ingesting { return try await finishIngest(of: batch, .running) }
            return true
        }
        if batch.state == .ingesting {
            guard try await finishIngest(of: batch, .awaitingConfirmation, reason) else { return false }
        } else if reason != batch.reason {
            // Other batches may have answered some of its lines since.
            try await store.renewReason(reason, ofWaiting: batch.id)
        }
        console.note(
            confirmation.isHeld
                ? "\(batch.name): waits: \(reason)"
                : "\(batch.name): waits for confirmation; \(Hint.start(batch: batch.name)), or the same command again with "
                    + "--yes")
        return false
    }

    /// Whether the batch continued; what another process has done with it meanwhile stands.
    private func finishIngest(of batch: Batch, _ state: BatchState, _ reason: String? = nil) async throws -> Bool {
        if try await store.finishIngest(batch.id, state: state, reason: reason) { return true }
        console.note("\(batch.name) is \(try await store.batch(batch.id).state.rawValue) now; nothing of it is sent")
        return false
    }

    private func agreed(_ batch: Batch, _ reason: String) async -> Bool {
        if yes { return true }
        console.note("\(batch.name): \(reason)")
        guard console.inputIsTerminal else { return false }
        return await console.confirms("Send them?") { stop.isRaised }
    }
}
