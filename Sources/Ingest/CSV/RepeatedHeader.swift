/// Knows a row that names the columns once more: files that were joined have their header in their midst.
struct RepeatedHeader: Sendable {
    private let names: [[UInt8]]
    private let beginnings: ByteSet

    /// - Parameter columns: the columns' names in order; none where there is no header.
    init(_ columns: [String]) {
        names = columns.map { Array($0.utf8) }
        beginnings = ByteSet(names.compactMap(\.first))
    }

    /// Looks whether a row is the header again.
    ///
    /// - Parameters:
    ///   - cells: the row's cells, cleaned.
    ///   - row: the row they stand in.
    /// - Returns: the rule that such a row breaks; nil for every other.
    @inline(__always)
    func rule(for cells: borrowing RowCells, of row: UnsafeRawBufferPointer) -> String? {
        guard !names.isEmpty, !cells[0].isEmpty, beginnings.contains(row[cells[0].range.lowerBound]) else { return nil }
        return ruleSlowly(for: cells, of: row)
    }

    @inline(never)
    private func ruleSlowly(for cells: borrowing RowCells, of row: UnsafeRawBufferPointer) -> String? {
        guard isName(cells[0], of: row) else { return nil }
        var isInOrder = true
        var seen: Set<Int> = []
        for place in names.indices {
            let text = row.portion(cells[place].range)
            guard let found = names.firstIndex(where: { text.elementsEqual($0) }), seen.insert(found).inserted else {
                return nil
            }
            isInOrder = isInOrder && found == place
        }
        return isInOrder
            ? "is the header again; remove the line"
            : "is a header of another order: the lines behind it have their cells elsewhere; send them as a file of their own"
    }

    private func isName(_ cell: Cell, of row: UnsafeRawBufferPointer) -> Bool {
        let text = row.portion(cell.range)
        return names.contains { $0.count == text.count && text.elementsEqual($0) }
    }
}
