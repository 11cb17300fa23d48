import JobRunner
import RecordStore
import Results
import Settings

/// What an action would do to all batches that fit a filter, shown before it is done. A pure value.
struct SelectionPreview: Sendable {
    /// One of the batches.
    struct Part: Sendable {
        let batch: Batch
        let preview: ActionPreview
    }

    /// The batches with which it is done.
    private(set) var parts: [Part] = []
    /// Those that fit, but with which it cannot be done: name and why.
    private(set) var leftOut: [String] = []
    /// How many more there are than are acted on at once.
    let beyond: Int
    /// What all calls together cost; nil: nothing.
    let cost: Cost?

    /// How many batches are acted on at once.
    static let capacity = 100

    /// Sums up.
    ///
    /// - Parameters:
    ///   - all: What it would do to each batch, at most ``capacity`` of them.
    ///   - beyond: How many more batches fit.
    ///   - price: What so many calls cost, after those of this month.
    init(_ all: [Part], beyond: Int, price: (_ calls: Int) -> Cost) {
        for part in all {
            if let obstacle = part.preview.obstacle {
                leftOut.append(obstacle)
            } else {
                parts.append(part)
            }
        }
        self.beyond = beyond
        let calls = parts.reduce(0) { $0 + $1.preview.calls }
        cost = calls > 0 ? price(calls) : nil
    }

    private func sum(_ figure: (ActionPreview) -> Int) -> Int { parts.reduce(0) { $0 + figure($1.preview) } }

    /// Records that it concerns.
    var records: Int { sum(\.records) }
    /// Calls that it brings about, if nothing fails.
    var calls: Int { sum(\.calls) }
    /// Calls that may be billed a second time, or surely are.
    var possibleDoubleBills: Int { sum(\.possibleDoubleBills) }

    /// Whether it would do more than somebody was shown: to another batch, or more to one of those.
    func exceeds(_ shown: SelectionPreview) -> Bool {
        let before = Dictionary(shown.parts.map { ($0.batch.id, $0.preview) }) { first, _ in first }
        return parts.contains { part in before[part.batch.id].map(part.preview.exceeds) ?? true }
    }
}

/// What pages have offered to do with several batches; as ``ActionOffers``, each once.
struct SelectionOffers: Sendable {
    private struct Offer: Sendable {
        let id: String
        let action: BatchAction
        let filter: BatchFilter
        let scope: ActionScope
        let selection: SelectionPreview
    }

    /// How many are kept at most; the oldest makes room.
    static let capacity = 50

    private var offers: [Offer] = []

    /// Keeps what is shown now, under random text that the page's form carries.
    mutating func add(
        _ id: String, _ action: BatchAction, _ filter: BatchFilter, _ scope: ActionScope, _ selection: SelectionPreview
    ) {
        if offers.count >= Self.capacity { offers.removeFirst() }
        offers.append(Offer(id: id, action: action, filter: filter, scope: scope, selection: selection))
    }

    /// What stands against doing what was shown under an id, which ends with this; nil: nothing.
    mutating func objection(
        to id: String?, _ action: BatchAction, _ filter: BatchFilter, _ scope: ActionScope,
        _ selection: SelectionPreview
    ) -> String? {
        guard let index = offers.firstIndex(where: { $0.id == id }) else {
            return "This was done already, or was shown too long ago; nothing was done now. Look at what it would do."
        }
        let offer = offers.remove(at: index)
        guard offer.action == action, offer.filter.chooses(as: filter), offer.scope == scope else {
            return "Something else was shown; nothing was done. Look at what this does."
        }
        guard !selection.parts.isEmpty, !selection.exceeds(offer.selection) else {
            return "Something has happened since this was shown; nothing was done. Look again at what it does."
        }
        return nil
    }
}

extension BatchActions {
    /// What an action would do to all batches that fit a filter.
    ///
    /// - Throws: `OperationFailure`; `StoreError`.
    func preview(
        _ action: BatchAction, ofAll filter: BatchFilter, _ scope: ActionScope
    ) async throws -> SelectionPreview {
        let fitting = filter.apply(to: try await context.store.batches()).filter {
            BatchAction.offered(for: $0).contains(action)
        }
        var parts: [SelectionPreview.Part] = []
        for batch in fitting.prefix(SelectionPreview.capacity) {
            parts.append(.init(batch: batch, preview: try await preview(action, of: batch, scope)))
        }
        let (pricing, zone) = (context.configuration.place.pricing, context.settings.limits.timeZone)
        let month = try await context.store.calls(inMonthOf: CallDay(at: context.clock.now, in: zone))
        return SelectionPreview(parts, beyond: max(0, fitting.count - SelectionPreview.capacity)) { calls in
            Estimate(calls: calls, rate: 1, pricing: pricing, callsThisMonth: month.billable).cost
        }
    }

    /// Does it to each of them; one with which it fails keeps no other from it.
    ///
    /// - Returns: What was done, in the commands' words.
    /// - Throws: `StoreError`.
    func perform(
        _ action: BatchAction, onAll selection: SelectionPreview, _ scope: ActionScope
    ) async throws -> [String] {
        var lines: [String] = []
        for part in selection.parts {
            do {
                lines += try await perform(action, on: part.batch, scope)
            } catch let error as OperationFailure {
                lines.append("\(part.batch.name): not done: \(error.message)")
            }
        }
        return lines
    }
}
