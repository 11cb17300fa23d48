import IdentityInsights
import JSON

/// The insights' columns as a tree of names, so that one walk over an answer finds all their leaves: comparing a few
/// names of equal length per member costs a tenth of hashing every leaf's path.
struct InsightTree: Sendable {
    private struct Branch: Sendable {
        let name: [UInt8]
        var column: Int?
        var children: [Branch] = []
    }

    private var roots: [Branch] = []

    init(columns: [String] = InsightColumns.all) {
        for (index, path) in columns.enumerated() {
            Self.insert(path.split(separator: ".").map { Array($0.utf8) }[...], column: index, into: &roots)
        }
    }

    private static func insert(_ path: ArraySlice<[UInt8]>, column: Int, into branches: inout [Branch]) {
        guard let name = path.first else { return }
        let index = branches.firstIndex { $0.name == name } ?? branches.count
        if index == branches.count { branches.append(Branch(name: name)) }
        if path.count == 1 { branches[index].column = column }
        insert(path.dropFirst(), column: column, into: &branches[index].children)
    }

    /// Calls `body` with each column that the insights fill, and its value.
    func walk(_ insights: JSONNode, _ body: (_ column: Int, _ value: JSONNode) -> Void) {
        Self.walk(insights, roots, body)
    }

    private static func walk(_ node: JSONNode, _ branches: [Branch], _ body: (Int, JSONNode) -> Void) {
        node.forEachMember { name, value in
            guard let branch = branches.first(where: { $0.name.elementsEqual(name) }) else { return }
            if let column = branch.column { body(column, value) }
            if !branch.children.isEmpty { walk(value, branch.children, body) }
        }
    }
}

extension InsightTree {
    /// The place of a column among the insights' columns.
    static func column(of path: String) -> Int? { InsightColumns.all.firstIndex(of: path) }
}
