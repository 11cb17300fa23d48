import Foundation
import RecordStore
import Results
import TestSupport
import Testing

@Suite struct CostSharesTests {
    /// 1 up to 50, then 0.10.
    static let falling = Pricing(
        currency: "USD", tiers: [.init(upTo: 50, each: 1), .init(upTo: nil, each: Decimal(1) / 10)])

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
        // The bounds share a month in which all that is not known was billed.
        Case(
            rows: [row(20_260_105, 1, 40, 10, not: 7, open: 10), row(20_260_105, 2, 20)],
            certain: ["40", "11"], atMost: ["51", "2"]),
        // Calls of no batch have their place, too.
        Case(
            rows: [row(20_260_105, 1, 50), row(20_260_105, nil, 1, 9), row(20_260_106, 2, 1)],
            certain: ["50", "0.1", "0.1"], atMost: ["50", "1", "0.1"]),
    ]

    @Test(arguments: table)
    func eachRowCostsWhatItAddsAtItsPlace(each: Case) {
        let shares = Cost.shares(of: each.rows, pricing: Self.falling)
        #expect(
            shares
                == zip(each.certain, each.atMost).map { certain, atMost in
                    .known(
                        currency: "USD", certain: Decimal(string: certain) ?? -1, atMost: Decimal(string: atMost) ?? -1)
                })
    }

    @Test func whateverTheBatchesTheirSharesAddUpToTheMonths() {
        var random = SeededRandom(seed: 6)
        for _ in 0..<200 {
            let rows = (0..<Int.random(in: 1...30, using: &random)).map { index in
                Self.row(
                    20_260_101 + Int64(index / 4), Int64(index % 4), Int.random(in: 0...40, using: &random),
                    Int.random(in: 0...5, using: &random))
            }
            let batches = (0..<4).map { number in
                Cost.share(of: rows, pricing: Self.falling) { $0.batch?.rawValue == number }
            }
            let billed = rows.reduce(0) { $0 + $1.totals.billable }
            let most = rows.reduce(0) { $0 + $1.totals.chargedAtMost }
            #expect(
                batches.reduce(Cost.nothing(Self.falling)) { $0.adding($1) }
                    == .known(
                        currency: "USD", certain: Self.falling.cost(ofCalls: billed, already: 0),
                        atMost: Self.falling.cost(ofCalls: most, already: 0)))
        }
    }

    @Test func withoutPricesTheCostIsUnknown() {
        let rows = [Self.row(20_260_105, 1, 40)]
        #expect(Cost.shares(of: rows, pricing: nil) == [.unknown])
        #expect(Cost.share(of: rows, pricing: nil) { _ in true } == .unknown)
    }
}
