import Testing

@testable import Basics

@Suite("Text from outside cannot steer a terminal")
struct PlainTextTests {
    @Test(arguments: [
        ("day.csv: 3 records", "day.csv: 3 records"), ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\u{1B}]0;owned\u{07}.csv", "?]0;owned?.csv"), ("a\rb", "a?b"), ("\u{9B}2J", "?2J"),
        ("Zoë \u{1F600}", "Zoë \u{1F600}"),
    ])
    func controlCharactersAreReplaced(text: String, plain: String) {
        #expect(PlainText.lines(text) == plain)
    }

    @Test(arguments: [
        ("two\nlines\tand a tab", "two?lines?and a tab"), ("a\r\nb", "a??b"), ("\u{7F}", "?"), ("é", "é"),
    ])
    func aLineHoldsNoLineEndsAndTabs(text: String, plain: String) {
        #expect(PlainText.line(text) == plain)
    }

    @Test(arguments: [("a b\u{A0}c", false), ("a\u{85}", true), ("\t", true), ("", false)])
    func controlCharactersAreFound(text: String, holds: Bool) {
        #expect(PlainText.holdsControl(text) == holds)
    }
}
