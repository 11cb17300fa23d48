import Basics
import RecordStore

/// Lines that break one rule.
struct BrokenRule: Equatable {
    let rule: String
    let count: String
    /// The first lines that break it.
    let lines: String
}

/// Why records of a batch failed, are in doubt or invalid. Of a large batch only its first such records are counted, so
/// that looking at a page costs the daemon little.
struct BatchReasons: Sendable {
    /// At most so many records are looked at.
    static let capacity = 20_000
    /// While a batch of more records than this moves, nothing of it is counted: an open page is made again and again.
    static let movingCapacity = 100_000
    /// The first lines that are named for a rule.
    private static let linesNamed = 10

    private struct Key: Hashable {
        let kind: UnansweredKind
        let reason: String
        /// Whether it is a code of the API's, by which records can be chosen.
        let isCode: Bool
    }

    private var reasons: [Key: Int] = [:]
    private var refusals: [String: (count: Int, lines: [Int])] = [:]
    private var looked = 0
    private var isCut = false
    private var isPutOff = false

    /// Counts the records.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    static func read(_ batch: Batch, in store: RecordStore) async throws -> BatchReasons {
        var found = BatchReasons()
        guard !isTooLarge(batch) else {
            found.isPutOff = true
            return found
        }
        guard batch.purged.results == nil, batch.counts.failed + batch.counts.inDoubt + batch.counts.invalid > 0 else {
            return found
        }
        do {
            try await store.forEachRecord(batch.id, statuses: [.failed, .inDoubt, .invalid]) { try found.take($0) }
        } catch is Enough {
            found.isCut = true
        } catch let error as StoreError where error.code == .purged {
            return BatchReasons()
        }
        return found
    }

    /// Whether counting what is not in the batch's counters would disturb its calls.
    static func isTooLarge(_ batch: Batch) -> Bool {
        !batch.state.isAtRest && batch.counts.total > movingCapacity
    }

    private struct Enough: Error {}

    private mutating func take(_ view: RecordView) throws {
        guard looked < Self.capacity else { throw Enough() }
        looked += 1
        guard view.status == .invalid else {
            let kind = UnansweredKind(
                view.status, httpStatus: view.httpStatus, isHeld: view.isHeld, isResolved: view.isResolvedByHand)
            let reason = view.reasonCode ?? view.httpStatus.map { "HTTP \($0)" } ?? Self.noAnswer
            reasons[Key(kind: kind, reason: reason, isCode: view.reasonCode != nil), default: 0] += 1
            return
        }
        for rule in BrokenRules.rules(in: try view.errorText ?? "no reason recorded") {
            let known = refusals[rule] ?? (0, [])
            let lines = known.lines.count < Self.linesNamed ? known.lines + [view.record.line] : known.lines
            refusals[rule] = (known.count + 1, lines)
        }
    }

    private static let noAnswer = "no answer recorded"

    /// What is to be known of the counts; nil: they are complete.
    var note: String? {
        if isPutOff { return "counted when the batch rests" }
        return isCut ? "of the first \(NumberFormat.count(Self.capacity)) such records" : nil
    }

    /// The most frequent reasons, each with what to do.
    func rows(of batch: Batch) -> [UnansweredReason] {
        let sorted = reasons.sorted { ($1.value, $0.key.reason) < ($0.value, $1.key.reason) }.prefix(12)
        let most = sorted.first?.value ?? 0
        return sorted.map { key, count in
            UnansweredReason(
                reason: key.reason, status: key.kind.status.rawValue.replacing("_", with: " "),
                count: NumberFormat.count(count), width: max(1, count * 100 / max(1, most)),
                tone: key.kind.tone.rawValue, remedy: key.kind.remedy, rerun: Self.rerun(key, of: batch))
        }
    }

    private static func rerun(_ key: Key, of batch: Batch) -> String? {
        guard key.isCode, key.kind != .held, key.kind != .resolved else { return nil }
        return batch.path(.rerun) + "?status=\(key.kind.status.rawValue)&reason=" + PercentCoding.encoded(key.reason)
    }

    /// The rules that were broken most.
    var rules: [BrokenRule] {
        refusals.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.prefix(12).map { rule, found in
            let more = found.count > found.lines.count ? ", …" : ""
            return BrokenRule(
                rule: rule, count: NumberFormat.count(found.count),
                lines: found.lines.map(String.init).joined(separator: ", ") + more)
        }
    }
}

/// The last counts of some batches: an open page is made again each second while its batch moves, and counting reads
/// records.
final class CountedReasons: Sendable {
    private struct Entry {
        let counts: BatchCounts
        let at: MonotonicTime
        let reasons: BatchReasons
    }

    /// How long a count serves while the batch moves on.
    static let patience = Duration.seconds(10)
    /// Of how many batches counts are kept; the oldest makes room.
    private static let capacity = 20

    private let entries = Lock<[BatchID: Entry]>([:])

    /// The counts of a batch, made again where what was counted does not serve any more.
    ///
    /// - Parameters:
    ///   - batch: The batch as it is.
    ///   - store: The database.
    ///   - now: The time.
    /// - Returns: The counts.
    /// - Throws: `StoreError` when the database cannot be read.
    func reasons(of batch: Batch, in store: RecordStore, at now: MonotonicTime) async throws -> BatchReasons {
        if let entry = entries.withLock({ $0[batch.id] }), batch.purged.results == nil,
            entry.counts == batch.counts || (!batch.state.isAtRest && now - entry.at < Self.patience)
        {
            return entry.reasons
        }
        let reasons = try await BatchReasons.read(batch, in: store)
        entries.withLock { entries in
            if entries.count >= Self.capacity, let oldest = entries.min(by: { $0.value.at < $1.value.at }) {
                entries[oldest.key] = nil
            }
            entries[batch.id] = Entry(counts: batch.counts, at: now, reasons: reasons)
        }
        return reasons
    }
}

/// Why some records of a batch have no answer, and what can be done about them.
struct UnansweredReason: Equatable {
    /// The API's code, the status of its answer, or that there was none.
    let reason: String
    /// `failed`, or `in doubt`.
    let status: String
    let count: String
    /// Its share of the most frequent one, from 0 to 100.
    let width: Int
    let tone: String
    /// What to do, in a sentence.
    let remedy: String
    /// Where just these records can be sent again; nil where that makes no sense, or they cannot be chosen.
    let rerun: String?
}

/// What kind of trouble a record without an answer has, which decides what to do. A pure rule.
enum UnansweredKind: Hashable {
    /// It may have been billed.
    case inDoubt
    /// An identical record is in doubt.
    case held
    /// The API refuses it as it is.
    case refused
    /// It is out of attempts.
    case exhausted
    /// An operator has given it up.
    case resolved

    init(_ status: RecordStatus, httpStatus: Int?, isHeld: Bool, isResolved: Bool) {
        switch status {
        case .inDoubt: self = isHeld ? .held : .inDoubt
        case _ where isResolved: self = .resolved
        default:
            // What asks to come later says nothing against the record (RFC 6585 §4; RFC 9110 §15.5.9).
            let isRefused = httpStatus.map { (400..<500).contains($0) && ![408, 425, 429].contains($0) } ?? false
            self = isRefused ? .refused : .exhausted
        }
    }

    var remedy: String {
        switch self {
        case .inDoubt: "May have been billed: send again, which may pay twice, or resolve as failed."
        case .held: "Not sent: an identical record is in doubt. Decide on that one first."
        case .refused: "Refused for good: correct these lines in failed.csv or failed.jsonl and take that file in."
        case .exhausted: "Out of attempts: send again when the API answers; nothing of the lines is wrong."
        case .resolved: "Given up by an operator: nothing is left to do."
        }
    }

    var status: RecordStatus { self == .inDoubt || self == .held ? .inDoubt : .failed }
    var tone: Tone { status == .inDoubt ? .warning : self == .resolved ? .quiet : .bad }
}
