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
struct BatchReasons {
    /// At most so many records are looked at.
    static let capacity = 20_000
    /// While a batch of more records than this moves, nothing of it is counted: an open page is made again and again.
    static let movingCapacity = 100_000
    /// The first lines that are named for a rule.
    private static let linesNamed = 10

    private var reasons: [String: Int] = [:]
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
            reasons[view.reasonCode ?? view.httpStatus.map { "HTTP \($0)" } ?? Self.noAnswer, default: 0] += 1
            return
        }
        let rule = try view.errorText ?? "no reason recorded"
        let known = refusals[rule] ?? (0, [])
        let lines = known.lines.count < Self.linesNamed ? known.lines + [view.record.line] : known.lines
        refusals[rule] = (known.count + 1, lines)
    }

    private static let noAnswer = "no answer recorded"

    /// What is to be known of the counts; nil: they are complete.
    var note: String? {
        if isPutOff { return "counted when the batch rests" }
        return isCut ? "of the first \(NumberFormat.count(Self.capacity)) such records" : nil
    }

    /// The most frequent reasons, each leading to sending its records again.
    func bars(of batch: Batch) -> [ShareBar] {
        let sorted = reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(12)
        let most = sorted.first?.value ?? 0
        return sorted.map { reason, count in
            let isCode = reason != Self.noAnswer && !reason.hasPrefix("HTTP ")
            return ShareBar(
                reason, count, of: most, tone: .bad,
                link: isCode ? batch.path(.rerun) + "?status=failed&reason=" + PercentCoding.encoded(reason) : nil)
        }
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
