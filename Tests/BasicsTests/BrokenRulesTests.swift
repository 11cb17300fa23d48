import Basics
import Testing

@Suite("The rules that a record breaks, as one text")
struct BrokenRulesTests {
    @Test(
        "They are told apart again, each once, whatever a column's name holds",
        arguments: [
            (["a must be short"], ["a must be short"]), (["a is empty", "b is long"], ["a is empty", "b is long"]),
            (["a is empty", "b is long", "a is empty"], ["a is empty", "b is long"]),
            (["a is odd; take it out", "b is long"], ["a is odd; take it out", "b is long"]),
            (["x; and y (email) is empty", "b is long"], ["x, and y (email) is empty", "b is long"]), ([], []),
        ])
    func roundTrip(rules: [String], told: [String]) {
        #expect(BrokenRules.rules(in: BrokenRules.text(of: rules)) == told)
    }
}
