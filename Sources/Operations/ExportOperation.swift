import Foundation
import RecordStore
import Results

/// `rollcall export`: a batch's results, as they stand, on standard output.
public struct ExportOperation: Sendable {
    private let config: String
    private let batch: String
    private let format: String

    /// Describes what to export; `format` is `csv` or `jsonl`.
    public init(config: String, batch: String, format: String) {
        self.config = config
        self.batch = batch
        self.format = format
    }

    /// Writes one row per input line, in input order.
    public func perform() async throws -> ExitStatus {
        let store = try Workplace(config: config).storeForReading()
        let id = try store.batchOrFailure(batch).id
        do {
            try ResultWriter(store: store).export(id, as: ExportFormat(rawValue: format) ?? .csv, to: STDOUT_FILENO)
        } catch let error as ResultError where error.code == .closed {
            // Whoever reads has seen enough.
        }
        try store.close()
        return .succeeded
    }
}
