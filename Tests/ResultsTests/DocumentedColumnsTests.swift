import IdentityInsights
import TestSupport
import Testing

@testable import Results

/// `docs/results.md`, held against what is written.
@Suite struct DocumentedColumnsTests {
    @Test func theColumnsAreThoseOfTheFile() throws {
        let text = ResultColumns.markdown
        #expect(try Documentation.part("Columns", of: "docs/results.md", writing: text) == text)
        let names = text.split(separator: "\n").dropFirst(2).compactMap { $0.firstMatch(of: /`([^`]+)`/)?.output.1 }
        #expect(names.map(String.init) == ResultColumns.all)
    }
}
