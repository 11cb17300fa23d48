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

    /// The batches, as what was shown is kept by them.
    var batches: String { parts.map(\.batch.name).joined(separator: "/") }

    /// What it does to all of them together.
    var total: ActionPreview { ActionPreview(sumOf: parts.map(\.preview)) }
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
