package import Basics
import Foundation

/// How much of what is kept of a finished batch is erased. Each includes those before it.
package enum PurgeScope: String, Sendable, CaseIterable, Codable {
    /// The rows of its input file, from which requests are made and failed lines are given back.
    case payloads
    /// Its records' ids, answers and error details, and the key that opens them: nothing of it can be read any more.
    case results
    /// Its records and the ledger of their calls. The batch, its counters and its totals by day stay.
    case ledger
}

extension PurgeScope: Comparable {
    package static func < (left: PurgeScope, right: PurgeScope) -> Bool { left.depth < right.depth }

    private var depth: Int {
        switch self {
        case .payloads: 0
        case .results: 1
        case .ledger: 2
        }
    }

    /// This scope and those that it includes, the least first.
    var included: [PurgeScope] { Self.allCases.filter { $0 <= self } }

    /// The column of the `batches` table that says when it was erased.
    var column: String { "\(rawValue)_purged_at" }
}

/// When what is kept of a batch was erased; nil: it was not.
package struct PurgeTimes: Sendable, Equatable {
    /// The rows of its input file.
    package var payloads: WallTime?
    /// Ids, answers and error details; never without the rows.
    package var results: WallTime?
    /// Records and attempts; never without the results.
    package var ledger: WallTime?

    /// Nothing was erased, unless told otherwise.
    package init(payloads: WallTime? = nil, results: WallTime? = nil, ledger: WallTime? = nil) {
        (self.payloads, self.results, self.ledger) = (payloads, results, ledger)
    }

    /// When a scope was erased.
    package subscript(scope: PurgeScope) -> WallTime? {
        switch scope {
        case .payloads: payloads
        case .results: results
        case .ledger: ledger
        }
    }
}

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

extension RecordStore {
    /// Refuses a batch whose input rows were erased.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/purged``, naming the day.
    package func refusePurgedRows(of batch: BatchID) async throws {
        try await read { try StoreError.refusePurged($0, batch, .payloads) }
    }
}

extension StoreError {
    /// Refuses what would need something of a batch that was erased.
    ///
    /// - Parameters:
    ///   - database: The database.
    ///   - batch: The batch.
    ///   - scope: What is needed of it.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/purged``, naming the day.
    static func refusePurged(_ database: StoreConnection, _ batch: BatchID, _ scope: PurgeScope) throws {
        let sql = "SELECT name, payloads_purged_at, results_purged_at, ledger_purged_at FROM batches WHERE id = ?"
        guard let row = try StoredRow.fetchOne(database, sql: sql, arguments: [batch.rawValue]) else { return }
        let times = PurgeTimes(payloads: row[1], results: row[2], ledger: row[3])
        guard let time = times[scope] else { return }
        let gone = times.results == nil ? "its rows are gone" : "its rows and answers are gone"
        let kept = times.ledger == nil ? "its ledger is kept" : "so is its ledger"
        throw StoreError(
            .purged,
            "\(row[0] as String): purged on \(day(of: time)): \(gone), \(kept). To send lines again, drop failed.csv or "
                + "the input file again")
    }

    /// Refuses a batch whose month's key was destroyed while it had records in doubt, as in a copy restored from before.
    static func refuseDestroyed(_ database: StoreConnection, _ batch: BatchID) throws {
        let sql = """
            SELECT name, created_at FROM batches
            WHERE id = ? AND NOT EXISTS (SELECT 1 FROM batch_keys WHERE batch_id = batches.id)
            """
        guard let row = try StoredRow.fetchOne(database, sql: sql, arguments: [batch.rawValue]) else { return }
        let destroyed = try WallTime.fetchOne(
            database, sql: "SELECT destroyed_at FROM period_keys WHERE month = ? AND state = 'destroyed'",
            arguments: [CalendarMonth(at: row[1]).rawValue])
        guard let destroyed else { return }
        throw StoreError(
            .purged,
            "\(row[0] as String): purged on \(day(of: destroyed)) with all of its month, whose key was destroyed; its ledger "
                + "is kept")
    }

    private static func day(of time: WallTime) -> String {
        time.date.formatted(.iso8601.year().month().day())
    }
}
