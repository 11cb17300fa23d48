import Basics

/// What pages have offered to do, each under a number of its own, so that a button does what it was shown with, and does
/// it once: a page that is loaded again, or sent twice, does nothing more. A pure value; random text comes from outside.
struct ActionOffers: Sendable {
    /// What somebody was shown.
    private struct Offer: Sendable {
        let id: String
        let action: BatchAction
        let batch: String
        let scope: ActionScope
        let preview: ActionPreview
    }

    /// How many are kept at most; the oldest makes room. A page that is older than so many others is shown again.
    static let capacity = 1_000

    private var offers: [Offer] = []

    /// Keeps what is shown now.
    ///
    /// - Parameters:
    ///   - id: Random text, which the page's form carries.
    ///   - action: What would be done.
    ///   - batch: The batch's name.
    ///   - scope: With which of its records.
    ///   - preview: What that would do.
    mutating func add(
        _ id: String, _ action: BatchAction, of batch: String, _ scope: ActionScope, _ preview: ActionPreview
    ) {
        if offers.count >= Self.capacity { offers.removeFirst() }
        offers.append(Offer(id: id, action: action, batch: batch, scope: scope, preview: preview))
    }

    /// What stands against doing what was shown under an id, which ends with this.
    ///
    /// - Parameters:
    ///   - id: The text of the form.
    ///   - action: What is wanted.
    ///   - batch: The batch's name.
    ///   - scope: With which of its records.
    ///   - preview: What it would do now.
    /// - Returns: A sentence; nil: nothing, it may be done.
    mutating func objection(
        to id: String?, _ action: BatchAction, of batch: String, _ scope: ActionScope, _ preview: ActionPreview
    ) -> String? {
        guard let index = offers.firstIndex(where: { $0.id == id }) else {
            return "This was done already, or was shown too long ago; nothing was done now. Look at what it would do."
        }
        let offer = offers.remove(at: index)
        guard offer.action == action, offer.batch == batch, offer.scope == scope else {
            return "Something else was shown; nothing was done. Look at what this does."
        }
        guard preview.obstacle == nil, !preview.exceeds(offer.preview) else {
            return "Something has happened since this was shown; nothing was done. Look again at what it does."
        }
        return nil
    }
}
