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

/// `rollcall report`: writes a batch's `report.html` anew, and prints its path.
package struct ReportOperation: Sendable {
    private let config: String
    private let batch: String
    private let console: Console

    /// Describes whose report to write.
    package init(config: String, batch: String, console: Console = .standard) {
        self.config = config
        self.batch = batch
        self.console = console
    }

    /// Writes the report beside the batch's result files; where these are not there as the batch is now, all of them.
    ///
    /// - Returns: `succeeded`.
    /// - Throws: `OperationFailure` (64) where there is no such batch, (3) where it is not over; `StoreError`, with
    ///   `purged` where its rows were erased; `ResultError`.
    package func perform() async throws -> ExitStatus {
        let session = try await OperatorSession(Installation(config: config), console: console)
        let batch = try await session.store.batchOrFailure(batch)
        guard batch.state.isFinished, batch.counts.inFlight == 0 else {
            let state = batch.state.isFinished ? "awaits calls under way" : "is \(batch.state.rawValue)"
            throw OperationFailure(
                .unfinished,
                "\(batch.name) \(state): its report is written when it is over; \(Hint.status(batch: batch.name)) shows "
                    + "how far it is")
        }
        let results = BatchResults(
            store: session.store, pricing: session.place.pricing, place: session.resultsPlace(of: batch))
        let report =
            if let folder = try await results.wholeFolder(of: batch) {
                try await BlockingWork.runTask { try await results.renewReport(of: batch, in: folder) }
            } else {
                try await all(of: batch, results, in: session)
            }
        console.output(report)
        try await session.close()
        return .succeeded
    }

    private func all(of batch: Batch, _ results: BatchResults, in session: OperatorSession) async throws -> String {
        console.note(try await results.reasonToWrite(batch))
        return try await results.publish(batch, by: { try session.provenance() }, console: console).paths.report
    }
}
