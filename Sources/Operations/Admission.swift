import Basics
import Foundation
import RecordStore
import Results
import Settings

/// Whether a batch that has been taken in may run, or waits for a person's word. A pure rule.
struct Admission: Equatable {
    /// Why it waits; empty: it runs.
    let reasons: [String]
    /// What it would cost, which whoever is asked wants to know.
    let estimate: Estimate

    /// Judges a batch by its lines, what it would cost, and the job's words on both.
    init(_ counts: BatchCounts, _ estimate: Estimate, under job: JobDefinition) {
        self.init(records: counts.total, invalid: counts.invalid, estimate, under: job)
    }

    /// Judges a file that need not be taken in yet.
    init(records: Int, invalid: Int, _ estimate: Estimate, under job: JobDefinition) {
        self.estimate = estimate
        reasons = [
            Self.shifted(records, invalid, estimate, job), Self.confirm(estimate, job), Self.calls(estimate, job),
            Self.cost(estimate, job),
        ].compactMap { $0 }
    }

    /// Where the batch goes.
    var state: BatchState { reasons.isEmpty ? .running : .awaitingConfirmation }

    /// Why it waits and what it would cost; nil: it runs.
    var reason: String? {
        reasons.isEmpty ? nil : reasons.joined(separator: "; ") + ": " + estimate.text
    }

    /// A single bad line in a small file is no shifted column; where a person gave the share, it holds to the letter.
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

    private static func confirm(_ estimate: Estimate, _ job: JobDefinition) -> String? {
        job.needsConfirmation && estimate.calls > 0 ? "job \(job.name) says confirm: true" : nil
    }

    private static func calls(_ estimate: Estimate, _ job: JobDefinition) -> String? {
        let limit = job.confirmAbove.calls
        return estimate.calls > limit ? "more calls than confirm_above.calls, \(limit)" : nil
    }

    private static func cost(_ estimate: Estimate, _ job: JobDefinition) -> String? {
        guard let limit = job.confirmAbove.cost, case .known(_, _, let price) = estimate.cost, price > limit else {
            return nil
        }
        return "costs more than confirm_above.cost, \(limit)"
    }
}
