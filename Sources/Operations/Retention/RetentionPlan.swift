import Basics
import RecordStore
import Settings

/// What is older than the retention of its job allows: what of it is to be erased, and what is still needed. A pure rule.
///
/// What is needed to finish a batch is never erased: ``PurgeDecision`` says what that is. A batch is looked at as a whole:
/// its files are of use as long as its lines are.
struct RetentionPlan: Equatable, Sendable {
    typealias Kind = Settings.Retention.Kind

    /// A batch of which something is to be erased.
    struct Due: Equatable, Sendable {
        let batch: Batch
        /// What is old enough and was not erased in the database before; files may be gone all the same.
        let kinds: Set<Kind>
        /// Answers that the batch reused are erased where their calls were answered before this; nil: it
        /// reused none, or all its results are due.
        var reusedBefore: WallTime?
    }

    /// A batch of which something is old enough, and which is needed.
    struct Kept: Equatable, Sendable {
        let batch: Batch
        /// What would be erased.
        let kinds: Set<Kind>
        let reason: PurgeDecision.Reason
    }

    /// What is known of a batch.
    struct Facts: Sendable {
        let batch: Batch
        /// The retention of its job.
        let retention: Settings.Retention
        /// Whether its results are still to be written, or its input file to be put away.
        var lacksResults = false
    }

    var due: [Due] = []
    var kept: [Kept] = []
    /// The contents of batches whose input files are not due: another batch of the same content may be.
    var contentsInUse: Set<[UInt8]> = []

    /// Nothing is due.
    init() {}

    /// Decides about batches.
    ///
    /// - Parameters:
    ///   - facts: The batches.
    ///   - now: The time.
    init(_ facts: [Facts], at now: WallTime) {
        for batch in facts { take(batch, at: now) }
        let putAway = Set(due.filter { $0.kinds.contains(.archive) }.map(\.batch.id))
        contentsInUse = Set(facts.map(\.batch).filter { !putAway.contains($0.id) }.map(\.contentDigest))
    }

    private mutating func take(_ facts: Facts, at now: WallTime) {
        let batch = facts.batch
        // One that has not ended has no age yet; it is named once data of its age would be due.
        let begin = batch.finishedAt ?? batch.createdAt
        let old = Set(
            Kind.allCases.filter { kind in
                facts.retention[kind].map { begin < now - $0 } ?? false
            }
        ).subtracting(batch.erasedKinds)
        // The decision is the same for everything that is kept of a batch.
        switch PurgeDecision(batch, .payloads, lacksResults: facts.lacksResults, endedBefore: nil) {
        case .needed(let reason): keep(batch, old, reason)
        case .due, .purged, .tooYoung: erase(batch, old, reusedBefore(of: facts, old, now))
        }
    }

    /// Of an unfinished batch only the database holds anything that its age concerns.
    private mutating func keep(_ batch: Batch, _ old: Set<Kind>, _ reason: PurgeDecision.Reason) {
        let kinds = reason == .unfinished ? old.intersection([.payloads, .results]) : old
        if !kinds.isEmpty { kept.append(Kept(batch: batch, kinds: kinds, reason: reason)) }
    }

    private mutating func erase(_ batch: Batch, _ old: Set<Kind>, _ reusedBefore: WallTime?) {
        guard !old.isEmpty || reusedBefore != nil else { return }
        due.append(Due(batch: batch, kinds: old, reusedBefore: reusedBefore))
    }

    private func reusedBefore(of facts: Facts, _ old: Set<Kind>, _ now: WallTime) -> WallTime? {
        guard facts.batch.counts.reused > 0, !old.contains(.results), !facts.batch.erasedKinds.contains(.results) else {
            return nil
        }
        return facts.retention[.results].map { now - $0 }
    }
}

extension RetentionPlan.Kept {
    /// Why it is needed, for scripts: the state of a batch that has not ended.
    var code: String { reason == .unfinished ? batch.state.rawValue : reason.rawValue }

    /// Why it is needed, as the end of a sentence that begins with the batch.
    var text: String {
        guard reason == .unfinished else { return reason.text(of: batch.counts) }
        return switch batch.state {
        case .ingesting: "is still being read"
        case .awaitingConfirmation: "waits for confirmation"
        case .running: "runs"
        case .paused: "is paused"
        case .halted: "is halted"
        case .completed, .cancelled, .rejected: reason.text
        }
    }
}

extension PurgeDecision.Reason {
    fileprivate func text(of counts: BatchCounts) -> String {
        self == .inDoubt ? "has \(Counted.things(counts.inDoubt, "line")) in doubt or held" : text
    }
}

extension PurgeScope {
    /// The age by which it is erased.
    var kind: Settings.Retention.Kind {
        switch self {
        case .payloads: .payloads
        case .results: .results
        case .ledger: .ledger
        }
    }
}

extension RetentionPlan.Due {
    /// How much is to be erased in the database; nil: nothing.
    var scope: PurgeScope? { PurgeScope.allCases.last { kinds.contains($0.kind) } }
}

extension Batch {
    /// What was erased of it in the database before.
    var erasedKinds: Set<Settings.Retention.Kind> {
        Set(PurgeScope.allCases.filter { purged[$0] != nil }.map(\.kind))
    }
}
