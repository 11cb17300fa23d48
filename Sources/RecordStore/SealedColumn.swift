/// The columns whose values are sealed; the name is part of what authenticates a value.
enum SealedColumn: UInt64 {
    case payload = 1
    case detail
    case answer
    case layout
    case dataKey
    case fingerprintKey
    case traceKey
    case tracePosition
    case traceEntry
}
