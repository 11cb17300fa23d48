import Foundation
import Ingest
import RecordStore
import Results

/// Writes a batch's result files: the input's form comes from Ingest, the price list from the settings.
struct BatchResults {
    let store: RecordStore
    let pricing: Pricing?
    let place: ResultsPlace
    let timeZone: TimeZone

    /// Whether the batch's result files were written to their end.
    func areWhole(for batch: Batch) -> Bool {
        FileManager.default.fileExists(atPath: "\(place.folder(of: batch))/summary.json")
    }

    private static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

    private func callsBefore(_ batch: Batch, at now: Int64) throws -> Int {
        let month = try store.calls(inMonthOf: CallDay(at: now, in: timeZone))
        return max(0, month.billable - batch.counts.billable)
    }

    /// Writes a batch's results, for the group that may have them where there is one.
    func write(_ batch: Batch) throws -> WrittenResults {
        let now = Self.now
        let written = try ResultWriter(store: store).write(
            batch.id, into: place.folder(of: batch),
            shape: InputShape(RecordLayout(decoding: store.layout(of: batch.id))),
            pricing: pricing, callsBefore: try callsBefore(batch, at: now), now: now)
        try place.share(batch)
        return written
    }

    /// The results of a batch's last end as another process has written them; nil where they are not there.
    func written(_ batch: Batch) -> WrittenResults? { WrittenResults(of: batch, in: place.folder(of: batch)) }
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
