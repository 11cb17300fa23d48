import Basics
import Foundation
import Ingest
import RecordStore
import Results

/// `rollcall export`: a batch's results, as they stand, on standard output.
package struct ExportOperation: Sendable {
    private let config: String
    private let batch: String
    private let format: Format
    private let console: Console

    /// As what it is written.
    package enum Format: String, Sendable, CaseIterable {
        case csv, jsonl
    }

    /// Describes what to export.
    package init(config: String, batch: String, format: Format, console: Console = .standard) {
        self.config = config
        self.batch = batch
        self.format = format
        self.console = console
    }

    /// Writes one row per input line, in input order.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        try await OperatorSession.with(place, console: console) { try await export(in: $0) }
        return .succeeded
    }

    private func export(in session: OperatorSession) async throws {
        let (place, store) = (session.place, session.store)
        let batch = try await store.batchOrFailure(batch)
        try await session.note(.export, of: batch.id, detail: format.rawValue)
        let form = place.resultsPlace(of: batch).form
        let layout = try RecordLayout(decoding: await store.layout(of: batch.id))
        let delimiter = form.delimiter == .input ? ReturnedRows(layout: layout).delimiter : nil
        let exported: ExportFormat =
            switch format {
            case .csv: .csv
            case .jsonl: .jsonl
            }
        do {
            try await ResultWriter(store: store).export(
                batch.id, as: exported, options: form,
                inputDelimiter: delimiter, to: console.outputDescriptor)
        } catch let error as ResultError where error.code == .closed {
            // The reader, such as `head`, has seen enough.
        }
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
        console.output(try await OperatorSession.with(Installation(config: config), console: console, write))
        return .succeeded
    }

    private func write(in session: OperatorSession) async throws -> String {
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
        guard let folder = try await results.wholeFolder(of: batch) else {
            return try await all(of: batch, results, in: session)
        }
        return try await BlockingWork.runTask { try await results.renewReport(of: batch, in: folder) }
    }

    private func all(of batch: Batch, _ results: BatchResults, in session: OperatorSession) async throws -> String {
        console.note(try await results.reasonToWrite(batch))
        return try await results.publish(batch, by: { try session.provenance() }, console: console).paths.report
    }
}
