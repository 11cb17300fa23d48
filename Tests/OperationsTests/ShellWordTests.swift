import Testing

@testable import Operations

@Suite("Words of commands that are told")
struct ShellWordTests {
    @Test(arguments: [
        ("/srv/drop/rejected/a.csv", "/srv/drop/rejected/a.csv"), ("a b.csv", "\"a b.csv\""), ("", "\"\""),
        ("it's.csv", "\"it's.csv\""), ("a\"$`\\.csv", "\"a\\\"\\$\\`\\\\.csv\""), ("März.csv", "\"März.csv\""),
    ])
    func quoted(word: String, told: String) {
        #expect(ShellWord.quoted(word) == told)
    }
}
