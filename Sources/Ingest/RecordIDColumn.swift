/// A column that may hold the record's own id.
struct RecordIDColumn: Sendable, Equatable {
    let place: Int
    let name: String
    /// Whether a field made from the column is looked at for a spreadsheet's damage, so that it need not be done here.
    let isCheckedAsField: Bool
}
