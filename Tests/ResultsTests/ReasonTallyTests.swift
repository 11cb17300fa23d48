import Testing

@testable import Results

@Suite struct ReasonTallyTests {
    @Test func theMostFrequentComeFirstThenByAlphabet() {
        var tally = ReasonTally()
        for reason in ["b", "c", "a", "c", "b", "c"] { tally.add(reason) }
        #expect(tally.top(3).map(\.reason) == ["c", "b", "a"])
        #expect(tally.top(2).map(\.count) == [3, 2])
    }

    @Test func reasonsWithoutEndTakeBoundedMemory() {
        var tally = ReasonTally()
        for number in 0..<5000 { tally.add("reason \(number)") }
        let top = tally.top(5000)
        #expect(top.count == 1001)
        #expect(top.first?.reason == "other reasons" && top.first?.count == 4000)
    }
}
