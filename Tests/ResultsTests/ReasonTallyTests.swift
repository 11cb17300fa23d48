import Basics
import Testing

@testable import Results

@Suite struct ReasonTallyTests {
    @Test func theMostFrequentComeFirstThenByAlphabet() {
        var tally = ReasonTally()
        for reason in ["b", "c", "a", "c", "b", "c"] { tally.add(reason) }
        #expect(tally.byFrequency.map(\.reason) == ["c", "b", "a"])
        #expect(tally.byFrequency.map(\.count) == [3, 2, 1])
    }

    @Test func eachRuleOfALineIsCountedOnce() {
        var tally = ReasonTally()
        for line in [["a is empty", "b is long"], ["b is long"], ["b is long", "a is empty", "b is long"]] {
            tally.add(rulesIn: BrokenRules.text(of: line))
        }
        #expect(tally.byFrequency.map(\.reason) == ["b is long", "a is empty"])
        #expect(tally.byFrequency.map(\.count) == [3, 2])
    }

    @Test func reasonsWithoutEndTakeBoundedMemory() {
        var tally = ReasonTally()
        for number in 0..<5000 { tally.add("reason \(number)") }
        let top = tally.byFrequency
        #expect(top.count == 1001)
        #expect(top.first?.reason == "other reasons" && top.first?.count == 4000)
    }
}
