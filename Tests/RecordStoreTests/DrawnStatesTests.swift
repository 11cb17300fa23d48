import TestSupport
import Testing

@testable import RecordStore

/// `docs/states.md`, held against the rules.
@Suite struct DrawnStatesTests {
    private struct Arrow: Hashable {
        let from: String
        let to: String
    }

    private let page: DocumentationPage

    init() throws { page = try Documentation.page("docs/states.md") }

    private func arrows(below heading: String) -> Set<Arrow> {
        let lines = page.blocks.filter { $0.heading == heading && $0.language == "mermaid" }.flatMap(\.lines)
        return Set(
            lines.compactMap { $0.firstMatch(of: /(\w+) --> (\w+)/) }.map {
                Arrow(from: String($0.output.1), to: String($0.output.2))
            })
    }

    @Test func aBatchsArrowsAreTheRules() {
        var allowed = Set(
            BatchState.allCases.flatMap { state in
                state.successors.map { Arrow(from: state.rawValue, to: $0.rawValue) }
            })
        // Not a move: `requeue` sets a cancelled batch running with the records that it queues.
        allowed.insert(Arrow(from: "cancelled", to: "running"))
        #expect(arrows(below: "A batch") == allowed)
    }

    @Test func everyStateAndStatusIsDrawn() {
        let states = arrows(below: "A batch")
        #expect(Set(states.flatMap { [$0.from, $0.to] }) == Set(BatchState.allCases.map(\.rawValue)))
        let statuses = arrows(below: "A record")
        #expect(
            Set(statuses.flatMap { [$0.from, $0.to] }).union(["invalid"]) == Set(RecordStatus.allCases.map(\.rawValue)))
    }
}
