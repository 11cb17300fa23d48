/// Where a field's value comes from.
public enum FieldSource: Sendable, Hashable, Codable {
    /// One column.
    case column(String)
    /// Several columns in this order; those that are empty are left out, the others are joined.
    case columns([String], join: String)
    /// The same text for every record.
    case value(String)

    /// The columns it reads.
    var columns: [String] {
        switch self {
        case .column(let name): [name]
        case .columns(let names, _): names
        case .value: []
        }
    }
}
