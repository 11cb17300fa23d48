import JSON
import Testing

@testable import IdentityInsights

@Suite struct InsightTreeTests {
    /// An answer that fills each column with its own number.
    private static let everything: String = {
        func object(_ paths: [[Substring]]) -> String {
            let names = paths.compactMap(\.first).reduce(into: [Substring]()) { if !$0.contains($1) { $0.append($1) } }
            let members = names.map { name in
                let below = paths.filter { $0.first == name }.map { Array($0.dropFirst()) }
                let column = InsightColumns.all.firstIndex { $0.hasSuffix(name) } ?? 0
                return "\"\(name)\":" + (below == [[]] ? "\(column)" : object(below))
            }
            return "{" + members.joined(separator: ",") + "}"
        }
        return object(InsightColumns.all.map { $0.split(separator: ".") })
    }()

    @Test func everyColumnIsFoundInOneWalk() throws {
        let document = try JSONDocument(parsing: Array(Self.everything.utf8))
        var found: [Int] = []
        InsightTree().walk(document.root) { column, value in
            found.append(column)
            #expect(value.kind == .number)
        }
        #expect(found.sorted() == Array(InsightColumns.all.indices))
    }

    @Test func whatHasNoColumnIsPassedOver() throws {
        let text =
            #"{"user":{"scores":{"identityRisk":7,"new":1},"more":{"scores":2}},"score":3,"ip":null,"device":[1]}"#
        let document = try JSONDocument(parsing: Array(text.utf8))
        var found: [Int: Int64?] = [:]
        InsightTree().walk(document.root) { found[$0] = $1.integer }
        #expect(found == [InsightTree.column(of: "user.scores.identityRisk") ?? -1: 7])
    }
}
