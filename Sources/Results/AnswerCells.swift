import IdentityInsights
import JSON

/// What a record's answer puts into its row: the leaves of the insights' columns, and the API's messages.
struct AnswerCells {
    private static let tree = InsightTree()
    private static let unreadable = "the stored answer cannot be read"

    /// The answer; what can be read of it, where its text breaks a rule of JSON.
    private(set) var document: JSONDocument?
    /// The answer as it came, where it is no strict JSON and so cannot stand in a line of JSON as it is.
    private(set) var text: [UInt8]?
    /// Where each column's value stands in the document, quotes included; empty where it has none. Places instead of
    /// nodes, because forty references a record cost more than finding the leaves.
    private(set) var leaves: [Range<Int>]
    private(set) var warnings: [String] = []
    private(set) var alerts: [String] = []

    init() { leaves = Array(repeating: 0..<0, count: InsightColumns.all.count) }

    /// Takes in the next record's answer, if it has one, in place of the one before.
    mutating func read(_ row: ResultRow) {
        for index in leaves.indices { leaves[index] = 0..<0 }
        (document, text) = (nil, nil)
        warnings = row.ownWarning.map { [$0] } ?? []
        alerts = []
        guard let answer = row.answer else { return }
        // What is no JSON at all was never kept as an answer: the database was altered.
        guard let read = try? Answer.read(answer) else { return warnings.append(Self.unreadable) }
        let document = read.document
        if read.fault != nil { text = answer }
        let root = document.root
        if let insights = root["insights"] {
            // A node's raw bytes are a slice of the document's, so its indices are places there.
            Self.tree.walk(insights) { leaves[$0] = $1.raw.indices }
        }
        warnings += Self.messages(root["warnings"])
        alerts = Self.messages(root["alerts"])
        self.document = document
    }

    /// The whole number in a column; nil where there is none.
    func integer(in column: Int) -> Int? {
        guard let document, !leaves[column].isEmpty else { return nil }
        return Int(String(decoding: document.bytes[leaves[column]], as: UTF8.self))
    }

    /// As `Answer` reads them: a message of an unexpected form stays as it stands.
    private static func messages(_ node: JSONNode?) -> [String] {
        guard let node, !node.isNull else { return [] }
        guard node.kind == .array else { return [text(node)] }
        return node.elements.map(text)
    }

    private static func text(_ node: JSONNode) -> String {
        node.string ?? String(decoding: node.raw, as: UTF8.self)
    }
}
