public import RecordStore

extension ResultWriter {
    /// What a batch amounts to as it stands, from its counters: no record is read and no file written, so that there is
    /// no latency and `files` is empty.
    ///
    /// - Parameters:
    ///   - id: the batch, in any state.
    ///   - pricing: the price list; nil: the cost is unknown.
    ///   - now: milliseconds since 1970 UTC.
    /// - Returns: the summary.
    /// - Throws: errors of the store.
    public func summary(of id: BatchID, pricing: Pricing?, now: Int64) throws -> BatchSummary {
        let batch = try store.batch(id)
        let figures = BatchFigures(batch.counts)
        let cost = Cost.share(of: try store.ledgerDays(inMonthsOf: id), pricing: pricing) { $0.batch == id }
        var summary = BatchSummary(batch, figures: figures, cost: cost, files: [], now: now)
        summary.calls.possibleDoubleBills = try DoubleBills.count(in: store, batch, billedOnce: figures.billedOnce)
        return summary
    }
}
