import Basics
import RecordStore
import Results

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
    var purged: [Purged] = []
    var kept: [Kept] = []
    /// Files and folders that could not be removed, and why.
    var notRemoved: [String] = []
    /// Whether the write-ahead log was emptied, too.
    var logIsEmpty = false

    enum CodingKeys: String, CodingKey {
        case isDryRun = "dry_run"
        case purged, kept
        case notRemoved = "not_removed"
        case logIsEmpty = "log_emptied"
    }

    /// What is lost, one line for each batch and one for all, before anything is erased.
    var loss: [String] {
        let erased = purged.filter { !$0.wasPurgedBefore }
        let lines = erased.reduce(0) { $0 + $1.lines }
        let files = purged.reduce(0) { $0 + $1.files }
        let each = purged.map { item in
            item.wasPurgedBefore
                ? "\(item.batch): purged before; \(Counted.things(item.files, "file")) left"
                : "\(item.batch): \(Counted.things(item.lines, "line")), \(Counted.things(item.files, "file"))"
        }
        return each + [
            "Rows, ids, answers and error details of \(Counted.things(lines, "line")) in "
                + "\(Counted.things(erased.count, "batch")) and \(Counted.things(files, "file")) are lost for good; "
                + "the ledger is kept. Copies made by backup still hold them"
        ]
    }
}
