import Testing

@testable import Operations

@Suite("Messages cannot steer a terminal")
struct PlainTextTests {
    @Test(arguments: [
        ("day.csv: 3 records", "day.csv: 3 records"), ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\u{1B}]0;owned\u{07}.csv", "?]0;owned?.csv"), ("a\rb", "a?b"), ("\u{9B}2J", "?2J"),
        ("Zoë \u{1F600}", "Zoë \u{1F600}"),
    ])
    func controlCharactersAreReplaced(text: String, plain: String) {
        #expect(PlainText.lines(text) == plain)
    }
}
