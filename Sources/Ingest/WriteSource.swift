/// Where a write takes its text from, with columns by their place.
enum WriteSource: Sendable, Equatable {
    case column(Int)
    case columns([Int], join: [UInt8])
    case value([UInt8])

    /// The first column it reads, nil where it reads none.
    var firstColumn: Int? {
        switch self {
        case .column(let place): place
        case .columns(let places, _): places.first
        case .value: nil
        }
    }

    /// Whether it reads the column.
    func reads(_ column: Int) -> Bool {
        switch self {
        case .column(let place): place == column
        case .columns(let places, _): places.contains(column)
        case .value: false
        }
    }
}
