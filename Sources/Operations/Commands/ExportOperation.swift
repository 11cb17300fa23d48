import Basics
import Foundation
import Ingest
import RecordStore
import Results

/// `rollcall export`: a batch's results, as they stand, on standard output.
package struct ExportOperation: Sendable {
    private let config: String
    private let batch: String
    private let format: String
    private let console: Console

    /// Describes what to export; `format` is `csv` or `jsonl`.
    package init(config: String, batch: String, format: String, console: Console = .standard) {
        self.config = config
        self.batch = batch
        self.format = format
        self.console = console
    }

    /// Writes one row per input line, in input order.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        let session = try await OperatorSession(place, console: console)
        let store = session.store
        let batch = try await store.batchOrFailure(batch)
        try await session.note(.export, of: batch.id, detail: format)
        let form = place.resultsPlace(of: batch).form
        let layout = try RecordLayout(decoding: await store.layout(of: batch.id))
        let delimiter = form.delimiter == .input ? ReturnedRows(layout: layout).delimiter : nil
        do {
            try await ResultWriter(store: store).export(
                batch.id, as: ExportFormat(rawValue: format) ?? .csv, options: form,
                inputDelimiter: delimiter, to: console.outputDescriptor)
        } catch let error as ResultError where error.code == .closed {
            // The reader, such as `head`, has seen enough.
        }
        try await store.close()
        return .succeeded
    }
}
