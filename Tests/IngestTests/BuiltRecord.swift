import Basics
import TestSupport

@testable import Ingest

/// What the builder makes of one row.
struct BuiltRecord: Equatable {
    var id: String
    /// The request; nil where the record is refused.
    var request: String?
    var refusals: [String] = []

    /// Builds the rows of a file in order.
    static func all(of file: InputFile) throws -> [BuiltRecord] {
        var builder = try RequestBuilder(layout: file.layout)
        var records = file.records()
        var built: [BuiltRecord] = []
        while let record = try records.next() {
            let isSound = try builder.build(rawRow: record.bytes, line: record.line)
            built.append(
                BuiltRecord(
                    id: String(decoding: builder.recordID, as: UTF8.self),
                    request: isSound ? String(decoding: builder.request, as: UTF8.self) : nil,
                    refusals: builder.refusals.map(\.description)))
        }
        return built
    }

    /// Builds the rows of a text.
    static func all(
        of text: String, named name: String = "accounts.csv", mapping: FieldMapping? = nil
    ) throws -> [BuiltRecord] {
        let folder = try TemporaryFolder()
        return try all(of: folder.open(text, named: name, mapping: mapping))
    }
}
