import IdentityInsights
import TestSupport
import Testing

@testable import Results

/// `docs/results.md`, held against what is written.
@Suite struct DocumentedColumnsTests {
    private let page: DocumentationPage

    init() throws { page = try Documentation.page("docs/results.md") }

    @Test func theColumnsAreThoseOfTheFile() {
        let names = page.rows(below: "Columns of results.csv").flatMap { row in
            row[0].matches(of: /`([^`]+)`/).map { String($0.output.1) }
        }
        #expect(names == ResultColumns.record + ResultColumns.messages + [ResultColumns.origin])
    }

    @Test func theInsightsAreThoseOfTheFile() {
        let block = page.blocks.first { $0.heading == "Columns of results.csv" }
        #expect(block?.lines == InsightColumns.all)
    }

    @Test func theSummarysMembersAreNamed() {
        let members = page.rows(below: "summary.json").flatMap { row in
            row[0].matches(of: /`([^`]+)`/).map { String($0.output.1) }
        }
        #expect(
            members == [
                "batch", "state", "reason", "records", "calls", "cost", "times", "latency", "provenance", "audit",
                "files",
            ])
    }
}
