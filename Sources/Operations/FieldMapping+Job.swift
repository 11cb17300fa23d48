import Ingest
import Settings

extension FieldMapping {
    /// A job's mapping, in Ingest's words.
    init(_ job: JobDefinition) {
        let fields = job.fields.map { rule in
            let source: FieldSource =
                switch rule.source {
                case .column(let name): .column(name)
                case .columns(let names, let join): .columns(names, join: join)
                case .value(let text): .value(text)
                }
            // The two rooms name the transforms alike; a test holds them together.
            let transforms = rule.transforms.compactMap { FieldTransform(rawValue: $0.rawValue) }
            return Ingest.FieldRule(path: rule.path, source: source, transforms: transforms)
        }
        let values = ValueRules(
            trims: job.trims, checksSpreadsheets: job.checksSpreadsheets, placeholders: job.placeholders,
            absentTexts: job.absentTexts)
        self.init(fields: fields, ignoreColumns: job.ignoredColumns, recordID: job.recordIDColumn, values: values)
    }
}
