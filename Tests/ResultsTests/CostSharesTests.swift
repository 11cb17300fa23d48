import Foundation
import RecordStore
import Results
import TestSupport
import Testing

@Suite struct CostSharesTests {
    /// 1 up to 50, then 0.10.
    static let falling = Pricing(
        currency: "USD", tiers: [.init(upTo: 50, each: 1), .init(upTo: nil, each: Decimal(1) / 10)])
    /// 0.10 up to 50, then 1.
    static let rising = Pricing(
        currency: "USD", tiers: [.init(upTo: 50, each: Decimal(1) / 10), .init(upTo: nil, each: 1)])

    /// A day's row: day, batch (nil: nobody's), billed, perhaps billed, surely not, under way.
    static func row(
        _ day: Int64, _ batch: Int64?, _ billed: Int, _ unknown: Int = 0, not unbilled: Int = 0, open: Int = 0
    ) -> LedgerDay {
        var totals = LedgerTotals()
        (totals.billable, totals.unknown, totals.unbilled, totals.open) = (billed, unknown, unbilled, open)
        totals.attempts = billed + unknown + unbilled + open
        totals.calls = totals.attempts
        return LedgerDay(
            day: CallDay(rawValue: day), batch: batch.map(BatchID.init(rawValue:)), name: "", totals: totals)
    }

    struct Case: Sendable {
        var pricing = falling
        let rows: [LedgerDay]
        let certain: [String]
        let atMost: [String]
    }

    static let table: [Case] = [
        Case(rows: [], certain: [], atMost: []),
        Case(rows: [row(20_260_105, 1, 40)], certain: ["40"], atMost: ["40"]),
        // Two batches of a day: the second begins where the first ends.
        Case(rows: [row(20_260_105, 1, 40), row(20_260_105, 2, 60)], certain: ["40", "15"], atMost: ["40", "15"]),
        // A re-run of the first on the same day comes before the second, on a later day after it.
        Case(rows: [row(20_260_105, 1, 50), row(20_260_105, 2, 60)], certain: ["50", "6"], atMost: ["50", "6"]),
        Case(
            rows: [row(20_260_105, 1, 40), row(20_260_105, 2, 60), row(20_260_106, 1, 10)],
            certain: ["40", "15", "1"], atMost: ["40", "15", "1"]),
        // A month begins with the first tier again.
        Case(rows: [row(20_260_131, 1, 60), row(20_260_201, 1, 60)], certain: ["51", "51"], atMost: ["51", "51"]),
        // Where prices fall, others' calls that may have been billed make one's own cheaper: the bound leaves them out.
        Case(
            rows: [row(20_260_105, 1, 40, 10, not: 7, open: 10), row(20_260_105, 2, 20)],
            certain: ["40", "11"], atMost: ["51", "11"]),
        // Where prices rise, they make them dearer.
        Case(
            pricing: rising, rows: [row(20_260_105, 1, 40, 10), row(20_260_105, 2, 20)], certain: ["4", "11"],
            atMost: ["5", "20"]),
        // A batch of several days, of which some calls may have been billed.
        Case(
            rows: [row(20_260_105, 1, 40, 10), row(20_260_105, 2, 5, 5), row(20_260_106, 1, 10, 3)],
            certain: ["40", "5", "5.5"], atMost: ["50", "10", "5.8"]),
        // Calls of no batch have their place, too.
        Case(
            rows: [row(20_260_105, 1, 50), row(20_260_105, nil, 1, 9), row(20_260_106, 2, 1)],
            certain: ["50", "0.1", "0.1"], atMost: ["50", "1", "0.1"]),
    ]

    @Test("What all batches cost at once is what each costs alone", arguments: table)
    func allAtOnce(each: Case) {
        let shares = Cost.shares(of: each.rows, pricing: each.pricing)
        let batches = Set(each.rows.compactMap(\.batch))
        #expect(Set(shares.keys) == batches)
        for batch in batches {
            #expect(shares[batch] == Cost.share(of: each.rows, pricing: each.pricing) { $0.batch == batch })
        }
    }

    @Test(arguments: table)
    func eachRowCostsWhatItAddsAtItsPlace(each: Case) {
        for (index, row) in each.rows.enumerated() {
            let cost = Cost.share(of: each.rows, pricing: each.pricing) {
                $0.day == row.day && $0.batch == row.batch
            }
            let certain = Decimal(string: each.certain[index]) ?? -1
            let atMost = Decimal(string: each.atMost[index]) ?? -1
            #expect(cost == .known(currency: "USD", certain: certain, atMost: atMost))
        }
    }

    @Test(arguments: [falling, rising])
    func theBoundIsNeverBelowWhatIsSureAndHoldsWhateverWasBilled(pricing: Pricing) throws {
        var random = SeededRandom(seed: 6)
        for _ in 0..<200 {
            let rows = Self.rows(using: &random)
            let shares = Cost.shares(of: rows, pricing: pricing)
            for number in Int64(0)..<4 {
                let isOwn = { (row: LedgerDay) in row.batch?.rawValue == number }
                let share = Cost.share(of: rows, pricing: pricing, where: isOwn)
                if let together = shares[BatchID(rawValue: number)] { #expect(together == share) }
                let (certain, atMost) = try #require(amounts(share))
                #expect(certain <= atMost)
                let billed = rows.map { row in
                    Self.row(
                        row.day.rawValue, row.batch?.rawValue,
                        row.totals.billable + Int.random(in: 0...row.totals.unknown, using: &random))
                }
                let (real, _) = try #require(amounts(Cost.share(of: billed, pricing: pricing, where: isOwn)))
                #expect(real <= atMost)
            }
        }
    }

    @Test func whateverTheBatchesWhatTheySurelyCostAddsUpToTheMonths() throws {
        var random = SeededRandom(seed: 6)
        for _ in 0..<200 {
            let rows = Self.rows(using: &random)
            let batches = try (Int64(0)..<4).map { number in
                try #require(
                    amounts(Cost.share(of: rows, pricing: Self.falling) { $0.batch?.rawValue == number }))
            }
            let billed = rows.reduce(0) { $0 + $1.totals.billable }
            let most = rows.reduce(0) { $0 + $1.totals.chargedAtMost }
            let month = try #require(amounts(Cost.share(of: rows, pricing: Self.falling) { _ in true }))
            #expect(month.certain == Self.falling.cost(ofCalls: billed, already: 0))
            #expect(month.atMost == Self.falling.cost(ofCalls: most, already: 0))
            #expect(batches.reduce(0) { $0 + $1.certain } == month.certain)
        }
    }

    private static func rows(using random: inout SeededRandom) -> [LedgerDay] {
        (0..<Int.random(in: 1...30, using: &random)).map { index in
            row(
                20_260_101 + Int64(index / 4), Int64(index % 4), Int.random(in: 0...40, using: &random),
                Int.random(in: 0...5, using: &random))
        }
    }

    private func amounts(_ cost: Cost) -> (certain: Decimal, atMost: Decimal)? {
        if case .known(_, let certain, let atMost) = cost { (certain, atMost) } else { nil }
    }

    @Test func withoutPricesTheCostIsUnknown() {
        #expect(Cost.share(of: [Self.row(20_260_105, 1, 40)], pricing: nil) { _ in true } == .unknown)
    }
}
