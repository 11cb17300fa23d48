/// The table of one field: `{ column | columns + join | value, transform }`.
struct FieldParts {
    private let reader: ValueReader
    private let path: String
    private let line: Int?

    init(_ member: Entry.Member, file: String) throws(SettingsError) {
        let flat = try FlatFile(member.value, schema: Self.schema, file: file)
        reader = ValueReader(flat, directory: "/")
        path = "fields.\(member.key)"
        line = member.line
    }

    func source() throws(SettingsError) -> JobDefinition.Field.Source {
        var values = reader
        let column = try values.optional(Self.column)
        let columns = try reader.words(Self.columns)
        let value = try values.optional(Self.value)
        let join = try values.optional(Self.join)
        guard join == nil || !columns.isEmpty else {
            throw reader.wrong(path, line, "given with columns where it has join")
        }
        switch (column, columns.isEmpty, value) {
        case (let column?, true, nil): return .column(column)
        case (nil, false, nil): return .columns(columns, join: join ?? " ")
        case (nil, true, let value?): return .value(value)
        default: throw reader.wrong(path, line, "given by exactly one of column, columns and value")
        }
    }

    func transforms() throws(SettingsError) -> [JobDefinition.Field.Transform] {
        guard let entry = reader.structure(Self.transform.path) else { return [] }
        return try reader.choices(entry, at: "\(path).transform")
    }

    private static let column = SettingKey("column", .text, "the column the text comes from")
    private static let columns = KeyDescription(
        path: "columns", expectation: "a list of columns' names", fallback: nil,
        about: "the columns whose texts are joined", form: .structure)
    private static let join = SettingKey("join", .anyText, "what stands between joined texts; absent: a space")
    private static let value = SettingKey("value", .text, "the same text for every record")
    private static let transform = KeyDescription(
        path: "transform", expectation: "a transform or a list of them", fallback: nil,
        about: "what is done with the text", form: .structure)
    private static let schema = Schema([
        column.description, columns, join.description, value.description, transform,
    ])
}
