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

    @Test("Those of version 0.1.0, between which a semicolon stood, are told apart by what they are about")
    func former() {
        let text =
            "E-Mail (user.email) looks like a payment card number; take it out; user.name must be a string; "
            + "the record needs an account; Phone (user.phone.number) has letters among its digits; give the number alone"
        #expect(
            BrokenRules.rules(in: text) == [
                "E-Mail (user.email) looks like a payment card number; take it out", "user.name must be a string",
                "the record needs an account",
                "Phone (user.phone.number) has letters among its digits; give the number alone",
            ])
        #expect(BrokenRules.rules(in: "user.email is odd; see user.name") == ["user.email is odd; see user.name"])
    }
}
