import Foundation
package import JSON

/// The insights' columns as a tree of names, so that one walk over an answer finds all their leaves: comparing a few
/// names of equal length per member costs a tenth of hashing every leaf's path.
package struct InsightTree: Sendable {
    private struct Branch: Sendable {
        let name: [UInt8]
        var column: Int?
        /// The branches below, side by side.
        var children: Range<Int> = 0..<0

        func isNamed(_ other: UnsafeRawBufferPointer) -> Bool {
            guard name.count == other.count, let start = other.baseAddress else { return false }
            return name.withUnsafeBytes { $0.baseAddress.map { memcmp($0, start, other.count) == 0 } ?? false }
        }
    }

    private var branches: [Branch] = []
    private var roots: Range<Int> = 0..<0

    /// Makes the tree of some columns.
    ///
    /// - Parameter columns: paths below `insights`, names joined by dots.
    package init(columns: [String] = InsightColumns.all) {
        let paths = columns.enumerated().map {
            ($0.offset, $0.element.split(separator: ".").map { Array($0.utf8) }[...])
        }
        roots = grow(paths)
    }

    /// Adds the branches of the paths' first names, then those below each.
    private mutating func grow(_ paths: [(column: Int, path: ArraySlice<[UInt8]>)]) -> Range<Int> {
        var names: [[UInt8]] = []
        for name in paths.compactMap(\.path.first) where !names.contains(name) { names.append(name) }
        let place = branches.count..<(branches.count + names.count)
        branches += names.map { Branch(name: $0) }
        for (index, name) in zip(place, names) {
            let below = paths.filter { $0.path.first == name }.map { ($0.column, $0.path.dropFirst()) }
            branches[index].column = below.first { $0.1.isEmpty }?.0
            branches[index].children = grow(below)
        }
        return place
    }

    /// Calls `body` with each column that the insights fill, and its value.
    package func walk(_ insights: JSONNode, _ body: (_ column: Int, _ value: JSONNode) -> Void) {
        walk(insights, roots, body)
    }

    /// Whether the insights fill any column; stops at the first.
    func findsAny(in insights: JSONNode) -> Bool { findsAny(in: insights, roots) }

    private func findsAny(in node: JSONNode, _ place: Range<Int>) -> Bool {
        var found = false
        node.forEachMember { name, value in
            guard !found else { return }
            for index in place where branches[index].isNamed(name) {
                let below = branches[index].children
                found = branches[index].column != nil || (!below.isEmpty && findsAny(in: value, below))
                return
            }
        }
        return found
    }

    private func walk(_ node: JSONNode, _ place: Range<Int>, _ body: (Int, JSONNode) -> Void) {
        node.forEachMember { name, value in
            for index in place where branches[index].isNamed(name) {
                if let column = branches[index].column { body(column, value) }
                if !branches[index].children.isEmpty { walk(value, branches[index].children, body) }
                return
            }
        }
    }
}

extension InsightTree {
    /// The place of a column among the insights' columns.
    package static func column(of path: String) -> Int? { InsightColumns.all.firstIndex(of: path) }
}
