import Basics
import Ingest
import JobRunner
import RecordStore
import Settings

/// Rebuilds requests from sealed rows with the layout the batch was taken in under.
///
/// A builder keeps buffers between rows and serves one task at a time; records spread over a few of them by line.
struct BatchRequests: RequestBuilding {
    private final class Builder: Sendable {
        let builder: Lock<RequestBuilder>

        init(layout: RecordLayout, accountKey: AccountHashKey?) throws {
            builder = Lock(try RequestBuilder(layout: layout, accountKey: accountKey))
        }
    }

    private let builders: [Builder]
    /// More would be useful only with more processors than that.
    private static let count = 8

    /// Reads the layout stored with a batch, and the key that its account ids are hashed with, if they are.
    ///
    /// - Throws: `StoreError`, also where that key is not there; `InputError` for a layout that makes no request.
    init(of batch: BatchID, in store: RecordStore) async throws {
        let layout = try RecordLayout(decoding: await store.layout(of: batch))
        let accountKey = layout.mapping.needsAccountKey ? try await store.accountHashKey() : nil
        builders = try (0..<Self.count).map { _ in try Builder(layout: layout, accountKey: accountKey) }
    }

    func request(for record: ClaimedRecord) throws -> [UInt8] {
        let line = Int(record.id.line)
        return try builders[line % builders.count].builder.withLock {
            try $0.request(forRow: record.rawRow, line: line)
        }
    }
}

extension FieldMapping {
    /// A job's mapping, in Ingest's types.
    init(_ job: JobDefinition) {
        let fields = job.fields.map { rule in
            let source: FieldSource =
                switch rule.source {
                case .column(let name): .column(name)
                case .columns(let names, let join): .columns(names, join: join)
                case .value(let text): .value(text)
                }
            // Both modules use the same names for the transforms; a test keeps them in step.
            let transforms = rule.transforms.compactMap { FieldTransform(rawValue: $0.rawValue) }
            return Ingest.FieldRule(path: rule.path, source: source, transforms: transforms)
        }
        let values = ValueRules(
            trims: job.trims, checksSpreadsheets: job.checksSpreadsheets, placeholders: job.placeholders,
            absentTexts: job.absentTexts, refusesCardNumbers: !job.allowsCardNumbers)
        self.init(fields: fields, ignoreColumns: job.ignoredColumns, recordID: job.recordIDColumn, values: values)
    }
}
