import Basics
import Foundation

/// What a file outside the database says of the ledger.
enum LedgerWitness<Content> {
    /// It is not there, or empty.
    case missing
    /// It is another database's.
    case foreign
    /// It is damaged, or does not open with the sealing key.
    case unreadable
    /// It was copied to where it lies: what happened after the copy was made, it does not know.
    case copied(Content)
    /// It is this database's, and lies where it was made.
    case own(Content)

    /// What it says, also where it may be out of date.
    var content: Content? {
        switch self {
        case .own(let content), .copied(let content): content
        case .missing, .foreign, .unreadable: nil
        }
    }

    /// The same with what it says put into other words.
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

/// All that is known of how far the ledger got, seen at one moment.
struct LedgerEvidence: Equatable, Sendable {
    /// What the database says.
    struct Ledger: Equatable, Sendable {
        /// The last attempt id it gave out.
        var lastAttempt: Int64
        /// Whether a trace was ever made for it: then a missing one was lost.
        var isTraced: Bool
        /// Whether a file was ever taken in.
        var hasBatches: Bool
    }

    /// Nil where the database is gone, empty, or has no tables.
    var ledger: Ledger?
    /// The highest attempt id whose call may have left, by the mark beside the database: exact, if it is the newest.
    var mark: LedgerWitness<Int64>
    /// The same by the trace in `keys_folder`, and the id that none can have passed.
    var trace: LedgerWitness<LedgerTrace.Position>
}

/// Says from what lies on the disk whether every call is known that was ever made. A pure rule.
///
/// The mark is exact but lies beside the database, and may have been put back with it; the trace lies elsewhere, is as
/// new as the mark or newer, and bounds how far the ledger can have got. So a trace that is neither lost nor out of date
/// vouches for what the database lacks, with the mark's exact figure where the mark is as new. Nobody else can vouch:
/// mark and database that agree may have been copied back together.
enum LedgerReconciliation: Equatable, Sendable {
    /// The database has everything that was claimed.
    case whole
    /// The database was restored from before; so many attempts at most happened that it doesn't know. They were claimed
    /// in queue order, so they are among each batch's retries and its next so many untried lines.
    case restored(lost: Int64)
    /// Nobody knows which calls the database lacks; so many at least.
    case unknown(Cause, atLeast: Int64)
    /// Nothing may be opened.
    case refused(Refusal)

    /// Why nobody knows.
    enum Cause: Equatable, Sendable, CaseIterable {
        /// The trace that this database had is not there.
        case traceMissing
        /// The trace is damaged, or does not open with the sealing key.
        case traceUnreadable
        /// The trace was copied to where it lies.
        case traceCopied
        /// Database or mark are ahead of the trace, which is from before.
        case traceOld
        /// There was no trace yet, and the mark is missing.
        case markMissing
        /// The copy is from before an earlier restore of which nobody knew either.
        case earlierRestore
    }

    /// Why nothing may be opened.
    enum Refusal: Equatable, Sendable, CaseIterable {
        /// There is no database, but a mark or a trace of one.
        case databaseMissing
        /// The mark is another database's.
        case markForeign
        /// The trace is another database's.
        case traceForeign
    }

    /// More lines than any file has: so far apart are attempt ids only where nobody knows what lies between.
    static let unknownDistance = RecordID.greatestLine

    /// Judges what was found.
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
    /// Whether nobody knows what the database lacks.
    var isUnknown: Bool {
        if case .unknown = self { true } else { false }
    }

    /// So many attempts may have been made that the database doesn't know: more than any file has lines where nobody
    /// knows how many; nil where there are none.
    var lost: Int64? {
        switch self {
        case .whole, .refused: nil
        case .restored(let lost): lost
        case .unknown: Self.unknownDistance
        }
    }

    /// The attempt id from which the ledger goes on. Where nobody knows what was given out, it goes on so far ahead that
    /// whatever is put back later is seen to be from before.
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
    /// What lies beside the database, or in `keys_folder`, is not this database's.
    static func refused(
        _ refusal: LedgerReconciliation.Refusal, _ file: DatabaseFile, _ places: LedgerPlaces
    ) -> StoreError {
        switch refusal {
        case .databaseMissing:
            let files = places.existing.joined(separator: " and ")
            return StoreError(
                .noDatabase,
                "The database \(file.name) is gone or empty, but calls were made from it, as \(files) "
                    + "\(places.existing.count == 1 ? "tells" : "tell"): put the database back, as \(Hint.help(["restore"])) says; "
                    + "or, to start over on purpose, remove \(files), and every file taken in before can be sent, and "
                    + "paid, again")
        case .markForeign:
            return StoreError(
                .noDatabase,
                "\(file.name) is another database than the one that \(file.name).mark was written for: put the right one "
                    + "back, as \(Hint.help(["restore"])) says; or, to go on with this one on purpose, remove \(file.path).mark: "
                    + "calls of the other one are unknown to it")
        case .traceForeign:
            return StoreError(
                .keysFolder,
                "\(LedgerTrace.path(in: places.keysFolder)) is of another database than \(file.name): name a keys_folder "
                    + "of its own for each database, or put the right database back; to start over on purpose, remove "
                    + "\(LedgerTrace.path(in: places.keysFolder))")
        }
    }

    /// The trace can't be made or opened. What room on the disk mends needs no other folder.
    static func keysFolder(_ folder: String, because error: any Error) -> StoreError {
        let error = StoreError(error, while: .writing)
        guard error.code != .diskFull else { return error }
        return StoreError(
            .keysFolder,
            "\(LedgerTrace.fileName) cannot be used in \(folder): name a folder as keys_folder that Rollcall may write to",
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
    /// Why nobody knows which calls were made; the middle of a sentence.
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
