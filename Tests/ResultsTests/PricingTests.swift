import Foundation
import Results
import Testing

@Suite struct PricingTests {
    /// 0.10 up to 1,000, 0.07 up to 5,000, then 0.05.
    static let tiered = Pricing(
        currency: "USD",
        tiers: [
            .init(upTo: 1000, each: Decimal(10) / 100), .init(upTo: 5000, each: Decimal(7) / 100),
            .init(upTo: nil, each: Decimal(5) / 100),
        ])

    @Test(arguments: [
        (0, 0, "0"), (1, 0, "0.1"), (1000, 0, "100"), (1001, 0, "100.07"), (5000, 0, "380"), (5001, 0, "380.05"),
        (10_000, 0, "630"), (1, 999, "0.1"), (1, 1000, "0.07"), (2, 999, "0.17"), (4001, 999, "280.1"),
        (4002, 999, "280.15"), (10, 5000, "0.5"), (10, 1_000_000, "0.5"), (0, 1_000_000, "0"),
        (100_000_000, 0, "5000130"),
    ])
    func tiersCountTheMonthsCallsSoFar(calls: Int, already: Int, cost: String) {
        #expect(Self.tiered.cost(ofCalls: calls, already: already) == Decimal(string: cost))
    }

    @Test(arguments: [
        ("0", 0), ("0.09", 0), ("0.1", 1), ("99.99", 999), ("100", 1000), ("100.06", 1000), ("100.07", 1001),
        ("379.99", 4999), ("380", 5000), ("380.04", 5000), ("380.05", 5001), ("630", 10_000), ("630.049", 10_000),
    ])
    func aBudgetBuysSoManyCallsOfAMonth(budget: String, calls: Int) throws {
        #expect(Self.tiered.calls(for: try #require(Decimal(string: budget))) == calls)
    }

    @Test func oneCallMoreThanABudgetBuysCostsMore() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<1_000 {
            let budget = Decimal(Int.random(in: 0..<100_000_000, using: &generator)) / 1000
            let calls = Self.tiered.calls(for: budget) ?? -1
            #expect(Self.tiered.cost(ofCalls: calls, already: 0) <= budget)
            #expect(Self.tiered.cost(ofCalls: calls + 1, already: 0) > budget)
        }
    }

    @Test func callsForNothingAreWithoutNumber() {
        let free = Pricing(currency: "USD", tiers: [.init(upTo: 10, each: 0), .init(upTo: nil, each: 2)])
        #expect(free.calls(for: 5) == 12 && free.calls(for: 0) == 10)
        #expect(Pricing(currency: "USD", tiers: [.init(upTo: nil, each: 0)]).calls(for: 0) == nil)
    }

    @Test func oneTierIsOnePrice() {
        let flat = Pricing(currency: "EUR", tiers: [.init(upTo: nil, each: 3)])
        #expect(flat.cost(ofCalls: 7, already: 100) == 21)
    }

    @Test func aSumOfManyCallsIsExact() {
        let odd = Pricing(currency: "USD", tiers: [.init(upTo: nil, each: Decimal(1) / 1000)])
        #expect(odd.cost(ofCalls: 12_345_678, already: 0) == Decimal(string: "12345.678"))
    }
}

@Suite struct CostShapeTests {
    private static let known = Cost.known(currency: "USD", certain: 1, atMost: 2)

    @Test(arguments: [
        (known, #"{"at_most":2,"certain":1,"currency":"USD"}"#),
        (.unknown, #"{"at_most":null,"certain":null,"currency":null}"#),
    ])
    func aCostHasTheSameMembersWithAndWithoutPrices(cost: Cost, json: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let bytes = try encoder.encode(cost)
        #expect(String(bytes: bytes, encoding: .utf8) == json)
        #expect(try JSONDecoder().decode(Cost.self, from: bytes) == cost)
    }

    @Test func theTextOfEarlierSummariesIsStillRead() throws {
        #expect(try JSONDecoder().decode([Cost].self, from: Data(#"["cost unknown"]"#.utf8)) == [.unknown])
    }
}
