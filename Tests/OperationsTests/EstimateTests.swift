import RecordStore
import Testing

@testable import Operations

@Suite("Estimates and endings")
struct EstimateTests {
    @Test("Calls, time and cost are told, and that the cost is unknown where it is")
    func text() {
        let estimate = Estimate(calls: 12_000, rate: 20, pricing: nil)
        #expect(estimate.text == "12,000 billable calls, at least 10m, cost unknown (no pricing in the settings)")
    }

    @Test("A table's columns line up")
    func table() {
        #expect(BatchTable.aligned([["a", "bb"], ["ccc", "d"]]) == "a    bb\nccc  d")
    }
}
