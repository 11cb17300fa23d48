import Testing

@testable import Basics

@Suite("Numbers and counted nouns")
struct CountedTests {
    @Test(
        "Thousands are separated",
        arguments: [
            (0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-12_345, "-12,345"), (-999, "-999"),
            (Int.min, "-9,223,372,036,854,775,808"),
        ])
    func numbers(number: Int, text: String) {
        #expect(Counted.number(number) == text)
    }

    @Test(
        "Things are counted in English",
        arguments: [
            (0, "call", "0 calls"), (1, "call", "1 call"), (1_234, "call", "1,234 calls"), (2, "copy", "2 copies"),
            (2, "day", "2 days"), (1, "batch", "1 batch"), (2, "batch", "2 batches"), (3, "pass", "3 passes"),
            (1, "copy", "1 copy"), (-1, "call", "-1 calls"),
        ])
    func counted(count: Int, noun: String, text: String) {
        #expect(Counted.things(count, noun) == text)
    }
}
