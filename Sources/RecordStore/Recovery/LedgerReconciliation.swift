import Basics
import Foundation

/// What a file outside the database says about the ledger.
enum LedgerWitness<Content> {
    /// The file is missing or empty.
    case missing
    /// It belongs to another database.
    case foreign
    /// It is damaged, or the sealing key does not open it.
    case unreadable
    /// It is a copy and lacks everything that happened after the copy was made.
    case copied(Content)
    /// It belongs to this database and is the original file.
    case own(Content)

    /// What it says, even where that may be out of date.
    var content: Content? {
        switch self {
        case .own(let content), .copied(let content): content
        case .missing, .foreign, .unreadable: nil
        }
    }

    /// The same with its content converted.
    func map<Other>(_ transform: (Content) -> Other) -> LedgerWitness<Other> {
        switch self {
        case .missing: .missing
        case .foreign: .foreign
        case .unreadable: .unreadable
        case .copied(let content): .copied(transform(content))
        case .own(let content): .own(transform(content))
        }
    }
}

extension LedgerWitness: Equatable where Content: Equatable {}
extension LedgerWitness: Sendable where Content: Sendable {}

/// All evidence of how far the ledger got, at one point in time.
struct LedgerEvidence: Equatable, Sendable {
    /// What the database says.
    struct Ledger: Equatable, Sendable {
        /// The last attempt id it gave out.
        var lastAttempt: Int64
        /// Whether a trace was ever made for it: if so, a missing one was lost.
        var isTraced: Bool
        /// Whether a file was ever taken in.
        var hasBatches: Bool
    }

    /// Nil where the database is gone, empty, or has no tables.
    var ledger: Ledger?
    /// The highest attempt id whose call may have left, according to the mark beside the database; exact if the mark is
    /// up to date.
    var mark: LedgerWitness<Int64>
    /// The same according to the trace in `keys_folder`, and the id that no attempt can have passed.
    var trace: LedgerWitness<LedgerTrace.Position>
}

/// Decides from the files on disk whether every call ever made is accounted for. A pure rule.
///
/// The mark is exact but lies beside the database and may have been restored with it; the trace lies elsewhere, is at
/// least as new as the mark, and bounds how far the ledger can have got. So a trace that is neither lost nor out of
/// date vouches for what the database lacks, with the mark's exact figure where the mark is equally new. Nothing else
/// can vouch: a mark and a database that agree may have been restored together.
enum LedgerReconciliation: Equatable, Sendable {
    /// The database has everything that was claimed.
    case whole
    /// The database was restored from an older copy and lacks at most this many attempts. They were claimed in queue
    /// order, so they are among each batch's retries and its next untried lines.
    case restored(lost: Int64)
    /// It is unknown which calls the database lacks; this is the minimum.
    case unknown(Cause, atLeast: Int64)
    /// The database must not be opened.
    case refused(Refusal)

    /// Why the missing calls are unknown.
    enum Cause: Equatable, Sendable, CaseIterable {
        /// The trace that this database had is missing.
        case traceMissing
        /// The trace is damaged, or the sealing key does not open it.
        case traceUnreadable
        /// The trace is a copy.
        case traceCopied
        /// Database or mark are ahead of the trace, which is therefore an older copy.
        case traceOld
        /// There was no trace yet, and the mark is missing.
        case markMissing
        /// The copy predates an earlier restore whose missing calls were also unknown.
        case earlierRestore
    }

    /// Why the database must not be opened.
    enum Refusal: Equatable, Sendable, CaseIterable {
        /// There is no database, but there is a mark or a trace of one.
        case databaseMissing
        /// The mark belongs to another database.
        case markForeign
        /// The trace belongs to another database.
        case traceForeign
    }

    /// As many as the longest file may have lines: attempt ids lie so far apart only where it is unknown what is between.
    static let unknownDistance = RecordID.greatestLine

    /// Judges the evidence.
    init(_ evidence: LedgerEvidence) {
        guard let ledger = evidence.ledger else {
            let isNew = evidence.mark == .missing && evidence.trace == .missing
            self = isNew ? .whole : .refused(.databaseMissing)
            return
        }
        let last = ledger.lastAttempt
        let mark = evidence.mark.content
        switch (evidence.mark, evidence.trace) {
        case (.foreign, _): self = .refused(.markForeign)
        case (_, .foreign): self = .refused(.traceForeign)
        case (_, .own(let trace)) where max(last, mark ?? 0) <= trace.reserved:
            let top = mark.flatMap { $0 >= trace.claimed ? $0 : nil } ?? trace.reserved
            self = Self.lacking(top - last)
        case (_, .missing) where !ledger.isTraced:
            if let mark {
                self = Self.lacking(mark - last)
            } else {
                self = last == 0 && !ledger.hasBatches ? .whole : .unknown(.markMissing, atLeast: 0)
            }
        case (_, let trace):
            let top = max(mark ?? 0, trace.content?.claimed ?? 0)
            self = .unknown(Self.cause(trace), atLeast: Self.bounded(top - last))
        }
    }

    private static func lacking(_ attempts: Int64) -> LedgerReconciliation {
        if attempts <= 0 { return .whole }
        return attempts < unknownDistance ? .restored(lost: attempts) : .unknown(.earlierRestore, atLeast: 0)
    }

    private static func bounded(_ attempts: Int64) -> Int64 {
        (0..<unknownDistance).contains(attempts) ? attempts : 0
    }

    private static func cause(_ trace: LedgerWitness<LedgerTrace.Position>) -> Cause {
        switch trace {
        case .missing: .traceMissing
        case .unreadable, .foreign: .traceUnreadable
        case .copied: .traceCopied
        case .own: .traceOld
        }
    }
}

extension LedgerReconciliation {
    /// Whether it is unknown what the database lacks.
    var isUnknown: Bool {
        if case .unknown = self { true } else { false }
    }

    /// How many attempts the database may lack; more than any file has lines where their number is unknown; nil where
    /// it lacks none.
    var lost: Int64? {
        switch self {
        case .whole, .refused: nil
        case .restored(let lost): lost
        case .unknown: Self.unknownDistance
        }
    }

    /// The attempt id from which the ledger continues. Where it is unknown which ids were given out, the ledger skips
    /// so far ahead that any copy restored later is recognised as older.
    func lastAttempt(after evidence: LedgerEvidence) -> Int64 {
        let last = evidence.ledger?.lastAttempt ?? 0
        switch self {
        case .whole, .refused: return last
        case .restored(let lost): return last + lost
        case .unknown:
            return max(last, evidence.mark.content ?? 0, evidence.trace.content?.reserved ?? 0) + Self.unknownDistance
        }
    }
}

extension StoreError {
    /// What lies beside the database, or in `keys_folder`, belongs to another database.
    static func refused(
        _ refusal: LedgerReconciliation.Refusal, _ file: DatabaseFile, _ places: LedgerPlaces
    ) -> StoreError {
        switch refusal {
        case .databaseMissing:
            let files = places.existing.joined(separator: " and ")
            return StoreError(
                .noDatabase,
                "The database \(file.name) is gone or empty, but was in use, as \(files) "
                    + "\(places.existing.count == 1 ? "tells" : "tell"): put the database back, as \(Hint.help(["restore"])) says; "
                    + "or, to start over on purpose, remove \(files), and every file taken in before can be sent, and "
                    + "paid, again")
        case .markForeign:
            return StoreError(
                .noDatabase,
                "\(file.name) is another database than the one that \(file.name).mark was written for: put the right one "
                    + "back, as \(Hint.help(["restore"])) says; or, to continue with this one on purpose, remove \(file.path).mark: "
                    + "calls of the other one are unknown to it")
        case .traceForeign:
            return StoreError(
                .keysFolder,
                "\(LedgerTrace.path(in: places.keysFolder)) is of another database than \(file.name): name a keys_folder "
                    + "of its own for each database, or put the right database back; to start over on purpose, remove "
                    + "\(LedgerTrace.path(in: places.keysFolder))")
        }
    }

    /// A file in `keys_folder` cannot be created or opened. A full disk needs space, not another folder.
    static func keysFolder(
        _ folder: String, because error: any Error, for file: String = LedgerTrace.fileName
    ) -> StoreError {
        let error = StoreError(error, while: .writing)
        guard error.code != .diskFull else { return error }
        return StoreError(
            .keysFolder,
            "\(file) cannot be used in \(folder): name a folder as keys_folder that Rollcall may write to",
            cause: error.cause)
    }

    /// Nothing is sent that may have been sent before.
    static var heldByRestore: StoreError {
        StoreError(
            .heldByRestore,
            "The database was restored, and nobody knows what had been sent since the copy was made; nothing is sent "
                + "before a person says so")
    }
}

extension LedgerReconciliation.Cause {
    /// Why it is unknown which calls were made; the middle of a sentence.
    var text: String {
        let trace = LedgerTrace.fileName
        return switch self {
        case .traceMissing: "\(trace) is missing from keys_folder"
        case .traceUnreadable: "\(trace) in keys_folder is damaged, or was sealed under another key"
        case .traceCopied: "\(trace) in keys_folder is a copy that was put back, and knows nothing of what came after"
        case .traceOld: "\(trace) in keys_folder is older than the database beside it"
        case .markMissing: "the mark beside the database is missing, and there was no \(trace) yet"
        case .earlierRestore: "it is from before a restore after which nobody knew either"
        }
    }
}
