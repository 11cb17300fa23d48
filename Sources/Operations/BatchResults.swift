import Foundation
import Ingest
import RecordStore
import Results

/// Writes a batch's result files: the input's form comes from Ingest, the price list from the settings.
struct BatchResults {
    let store: RecordStore
    let pricing: Pricing?
    let place: ResultsPlace

    /// Whether the batch's result files were written to their end.
    func areWhole(for batch: Batch) -> Bool {
        FileManager.default.fileExists(atPath: "\(place.folder(of: batch))/summary.json")
    }

    func write(_ batch: Batch) throws -> WrittenResults {
        try ResultWriter(store: store).write(
            batch.id, into: place.folder(of: batch),
            shape: InputShape(RecordLayout(decoding: store.layout(of: batch.id))),
            pricing: pricing, now: Int64(Date().timeIntervalSince1970 * 1_000))
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
