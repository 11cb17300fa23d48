/// The keys of the batches that were worked on last, unwrapped. A daemon sees a great many batches; it keeps neither the
/// memory nor the keys of those it is done with.
struct DataKeyCache: Sendable {
    /// How many keys are kept at most; more batches than this are seldom worked on at once.
    static let capacity = 32

    /// The one used last comes last.
    private var kept: [(batch: BatchID, key: DataKey)] = []

    /// How many keys are kept.
    var count: Int { kept.count }

    /// A batch's key, which is then the one used last; nil when it is not kept.
    mutating func key(of batch: BatchID) -> DataKey? {
        guard let place = kept.lastIndex(where: { $0.batch == batch }) else { return nil }
        if place != kept.endIndex - 1 { kept.append(kept.remove(at: place)) }
        return kept.last?.key
    }

    /// Keeps a batch's key, and lets go the one that was not used for the longest time.
    mutating func keep(_ key: DataKey, of batch: BatchID) {
        kept.removeAll { $0.batch == batch }
        if kept.count == Self.capacity { kept.removeFirst() }
        kept.append((batch, key))
    }
}
