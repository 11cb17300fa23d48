package import Basics

/// Whether what is personal of a batch can be erased now, and if not, why. A pure rule.
///
/// What is needed to finish a batch is never erased: its rows as long as some may be sent, its answers until they are
/// written to its result files, and what tells an operator about a call that may have been billed.
package enum PurgeDecision: Sendable, Equatable {
    /// It can.
    case due
    /// It was erased before.
    case purged(at: WallTime)
    /// It is not as old as was asked for.
    case tooYoung
    /// It is needed.
    case needed(Reason)

    /// What a batch is needed for.
    package enum Reason: String, Sendable, CaseIterable, Codable {
        /// It runs, waits, or is paused or halted.
        case unfinished
        /// Calls of a cancelled batch are still under way.
        case callsUnderWay = "calls_under_way"
        /// Records are in doubt, or held because identical ones are.
        case inDoubt = "in_doubt"
        /// Its results are not written yet, or its input file is not where it belongs.
        case resultsNotWritten = "results_not_written"
        /// Its files are on another node's machine.
        case filesElsewhere = "files_elsewhere"
    }

    /// Decides about one batch.
    ///
    /// - Parameters:
    ///   - batch: The batch as it is now.
    ///   - scope: How much of it is to be erased.
    ///   - lacksResults: Whether its results are still to be written, or its input file to be put away.
    ///   - instant: Only what ended before this is erased; nil: whenever it ended.
    package init(_ batch: Batch, _ scope: PurgeScope, lacksResults: Bool, endedBefore instant: WallTime?) {
        self.init(
            Facts(
                state: batch.state, finishedAt: batch.finishedAt, purgedAt: batch.purged[scope], counts: batch.counts,
                lacksResults: lacksResults), endedBefore: instant)
    }

    /// What the decision depends on.
    struct Facts {
        var state = BatchState.completed
        var finishedAt: WallTime?
        /// When as much as is asked for was erased.
        var purgedAt: WallTime?
        var counts = BatchCounts()
        var lacksResults = false
    }

    init(_ facts: Facts, endedBefore instant: WallTime?) {
        if let purgedAt = facts.purgedAt {
            self = .purged(at: purgedAt)
        } else if let need = Self.need(of: facts) {
            self = .needed(need)
        } else if let instant, (facts.finishedAt ?? .distantFuture) >= instant {
            self = .tooYoung
        } else {
            self = .due
        }
    }

    private static func need(of facts: Facts) -> Reason? {
        guard facts.state.isFinished, facts.finishedAt != nil else { return .unfinished }
        if facts.counts.inFlight > 0 { return .callsUnderWay }
        if facts.counts.inDoubt > 0 { return .inDoubt }
        return facts.lacksResults ? .resultsNotWritten : nil
    }
}

extension PurgeDecision.Reason {
    /// The reason, as the end of a sentence that begins with the batch.
    package var text: String {
        switch self {
        case .unfinished: "is not finished"
        case .callsUnderWay: "has calls under way"
        case .inDoubt: "has records in doubt"
        case .resultsNotWritten: "has results that are not written, or an input file that is not put away yet"
        case .filesElsewhere: "has its files on another node"
        }
    }
}
