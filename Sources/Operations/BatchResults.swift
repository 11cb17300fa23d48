import Foundation
import Ingest
import RecordStore
import Results

/// Writes a batch's result files: the input's form comes from Ingest, the price list from the settings.
struct BatchResults {
    let store: RecordStore
    let pricing: Pricing?
    let output: String
    let timeZone: TimeZone

    func write(_ batch: Batch) throws -> WrittenResults {
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        let month = try store.calls(inMonthOf: CallDay(at: now, in: timeZone))
        return try ResultWriter(store: store).write(
            batch.id, below: output, shape: InputShape(RecordLayout(decoding: store.layout(of: batch.id))),
            pricing: pricing, callsBefore: max(0, month.billable - batch.counts.billable), now: now)
    }
}

extension InputShape {
    /// The form of the input, as its layout was stored.
    init(_ layout: RecordLayout) {
        switch layout.format {
        case .csv(let delimiter):
            self = .csv(delimiter: delimiter, header: layout.headerLine, lineEnd: layout.lineEnd)
        case .jsonLines: self = .jsonl
        }
    }
}
