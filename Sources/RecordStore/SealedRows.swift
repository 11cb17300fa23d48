/// Records ready to be inserted: one arena of bytes, and where each record lies in it.
struct SealedRows {
    var arena: [UInt8] = []
    var rows: [SealedRow] = []
    var invalid = 0

    /// Forgets the records and keeps the memory.
    mutating func removeAll() {
        arena.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
        invalid = 0
    }

    /// Makes room at the arena's end.
    mutating func reserve(_ count: Int) -> Range<Int> {
        let start = arena.count
        arena.append(contentsOf: repeatElement(0, count: count))
        return start..<(start + count)
    }
}
