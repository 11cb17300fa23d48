import IdentityInsights
import JSON

/// What a record's answer puts into its row: the leaves of the insights' columns, and the API's messages.
struct AnswerCells {
    private static let tree = InsightTree()
    private static let unreadable = "the stored answer cannot be read"

    private(set) var document: JSONDocument?
    private(set) var leaves: [JSONNode?]
    private(set) var warnings: [String] = []
    private(set) var alerts: [String] = []

    init() { leaves = Array(repeating: nil, count: InsightColumns.all.count) }

    /// Takes in the next record's answer, if it has one, in place of the one before.
    mutating func read(_ row: ResultRow) {
        for index in leaves.indices { leaves[index] = nil }
        document = nil
        warnings = row.ownWarning.map { [$0] } ?? []
        alerts = []
        guard let answer = row.answer else { return }
        guard let document = try? JSONDocument(parsing: answer) else { return warnings.append(Self.unreadable) }
        let root = document.root
        if let insights = root["insights"] {
            Self.tree.walk(insights) { column, value in leaves[column] = value }
        }
        warnings += Self.messages(root["warnings"])
        alerts = Self.messages(root["alerts"])
        self.document = document
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
