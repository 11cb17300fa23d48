import Basics
import RecordStore

/// What a purge erases, or would, and what it leaves.
struct PurgeReport: Sendable, Encodable {
    /// A batch that is erased, or whose files of an earlier purge are still there.
    struct Purged: Sendable, Encodable {
        let batch: String
        /// Records, which are lines of its input.
        let lines: Int
        /// Files that Rollcall wrote, or put away.
        let files: Int
        /// Whether only files are left of it.
        let wasPurgedBefore: Bool

        enum CodingKeys: String, CodingKey {
            case batch, lines, files
            case wasPurgedBefore = "purged_before"
        }
    }

    /// A batch that is old enough and needed.
    struct Kept: Sendable, Encodable, Equatable {
        let batch: String
        let reason: PurgeDecision.Reason
    }

    var isDryRun: Bool
    /// How much of each batch is erased.
    var scope: PurgeScope
    var purged: [Purged] = []
    var kept: [Kept] = []
    /// Months whose key is destroyed, as `2025-11`: no backup of their batches can be read from then on.
    var monthsDestroyed: [String] = []
    /// Files and folders that could not be removed, and why.
    var notRemoved: [String] = []
    /// Whether the write-ahead log was emptied, too.
    var logIsEmpty = false
    /// Whether a server has the database, and other nodes have copies of the months' keys.
    var isAtServer = false

    enum CodingKeys: String, CodingKey, CaseIterable {
        case isDryRun = "dry_run"
        case scope, purged, kept
        case monthsDestroyed = "months_destroyed"
        case notRemoved = "not_removed"
        case logIsEmpty = "log_emptied"
    }

    /// What is lost: one line for each batch, one for all, and one for the backups, before anything is erased.
    var loss: [String] {
        let erased = purged.filter { !$0.wasPurgedBefore }
        let lines = erased.reduce(0) { $0 + $1.lines }
        let files = purged.reduce(0) { $0 + $1.files }
        let each = purged.map { item in
            item.wasPurgedBefore
                ? "\(item.batch): purged before; \(Counted.things(item.files, "file")) left"
                : "\(item.batch): \(Counted.things(item.lines, "line")), \(Counted.things(item.files, "file"))"
        }
        let (what, kept) =
            scope == .ledger
            ? ("Records with their attempts, of", "only the batches' counters and totals by day are kept")
            : ("Rows, ids, answers and error details of", "the ledger is kept")
        let all =
            "\(what) \(Counted.things(lines, "line")) in \(Counted.things(erased.count, "batch")) and "
            + "\(Counted.things(files, "file")) are lost for good; \(kept)"
        return each + (purged.isEmpty ? [] : [all]) + [backups]
    }

    /// What becomes of copies that were made by `backup`.
    private var backups: String {
        guard !monthsDestroyed.isEmpty else {
            return "Copies made by backup still hold them, until their month is over and all its batches are purged"
        }
        let months = monthsDestroyed.joined(separator: ", ")
        return "The keys of \(months) are destroyed: "
            + "of batches made then, every copy made by backup is unreadable from now on; of other months copies still hold them"
    }

    /// What was done, and what was not.
    var done: [String] {
        var lines = purged.isEmpty ? [] : ["\(Counted.things(purged.count, "batch")) purged"]
        if !monthsDestroyed.isEmpty {
            lines.append("the keys of \(monthsDestroyed.joined(separator: ", ")) were destroyed")
            if isAtServer {
                lines.append(
                    "the copies on other nodes are destroyed by their daemons \(SharedErasure.interval), or at their next start"
                )
            }
        }
        if isAtServer, !purged.isEmpty { lines.append(ServerRemains.text) }
        return lines + notRemoved.map { "not removed: \($0)" }
    }
}

extension PurgeDecision.Reason {
    /// What to do before a batch can be purged, as a part of a sentence.
    func remedy(for batch: String) -> String {
        switch self {
        case .unfinished: "await its end, or \(Hint.cancel(batch: batch)), then purge again"
        case .callsUnderWay: "purge again once they have ended"
        case .inDoubt:
            "\(Hint.records(batch: batch, status: "in_doubt")) lists them, and "
                + "\(Hint.resolve(batch: batch, decision: "failed")) ends the doubt, then purge again"
        case .resultsNotWritten: "the daemon writes them, or the same run once more, then purge again"
        case .filesElsewhere: "\(Hint.status(batch: batch)) names the node: purge it there"
        }
    }
}
