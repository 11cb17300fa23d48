import Basics
import Foundation
import RecordStore
import Results
import Settings

/// What a batch has cost so far, while its calls are being answered: what was sure when it was begun to be watched, and
/// every call that was surely billed since, at its place among the month's calls.
///
/// Calls of other batches in the meantime are not counted, so where prices have tiers the summary may differ in the end.
struct RunningCost: Equatable {
    private let pricing: Pricing
    private let before: Decimal
    private let callsThisMonth: Int

    /// States what is known to begin with.
    ///
    /// - Parameters:
    ///   - pricing: The price list.
    ///   - before: What the batch's calls have surely cost already.
    ///   - callsThisMonth: Calls of the calendar month that were billed already, those of all batches.
    init(_ pricing: Pricing, before: Decimal, callsThisMonth: Int) {
        (self.pricing, self.before, self.callsThisMonth) = (pricing, before, callsThisMonth)
    }

    /// Looks up what is known of a batch now; nil without a price list.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    init?(of batch: Batch, under job: JobDefinition, in store: RecordStore, pricing: Pricing?) async throws {
        guard let pricing else { return nil }
        let days = try await store.ledgerDays(inMonthsOf: batch.id)
        guard case .known(_, let certain, _) = Cost.share(of: days, pricing: pricing, where: { $0.batch == batch.id })
        else { return nil }
        let spending = Spending(store: store, job: job, pricing: pricing)
        self.init(pricing, before: certain, callsThisMonth: try await spending.callsThisMonth(at: WallTime.now()))
    }

    /// `USD 12.30`.
    ///
    /// - Parameter billed: Calls of the batch that were surely billed since.
    /// - Returns: The amount with its currency.
    func text(billed: Int) -> String {
        let sum = before + pricing.cost(ofCalls: max(0, billed), already: callsThisMonth)
        return Cost.known(currency: pricing.currency, certain: sum, atMost: sum).description
    }
}
