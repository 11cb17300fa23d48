import Foundation
import RecordStore
import Results
import Testing

@testable import Operations

@Suite("The ledger of a period")
struct PeriodLedgerTests {
    private static let pricing = Pricing(
        currency: "USD", tiers: [.init(upTo: 50, each: 1), .init(upTo: nil, each: Decimal(1) / 10)])

    private static func row(_ day: Int64, _ batch: Int64?, _ name: String, _ billed: Int, _ unknown: Int = 0)
        -> LedgerDay
    {
        var totals = LedgerTotals()
        (totals.attempts, totals.calls) = (billed + unknown, billed + unknown)
        (totals.billable, totals.unknown) = (billed, unknown)
        return LedgerDay(
            day: CallDay(rawValue: day), batch: batch.map(BatchID.init(rawValue:)), name: name, totals: totals)
    }

    private static let rows = [
        row(20_260_130, 1, "one-1", 40), row(20_260_131, 2, "two-2", 20, 5), row(20_260_131, nil, "doctor", 1),
        row(20_260_201, 2, "two-2", 30),
    ]

    /// From, to, rows, billed, certain, at most.
    typealias Case = (from: Int64, to: Int64, rows: Int, billed: Int, certain: String, atMost: String)

    static let table: [Case] = [
        (20_260_101, 20_260_228, 4, 91, "81.1", "81.6"), (20_260_101, 20_260_131, 3, 61, "51.1", "51.6"),
        // In the midst of a month the tiers continue from what came before.
        (20_260_131, 20_260_131, 2, 21, "11.1", "11.6"), (20_260_201, 20_260_228, 1, 30, "30", "30"),
        (20_260_301, 20_260_331, 0, 0, "0", "0"),
    ]

    @Test("The cost is the period's share of its months", arguments: table)
    func shares(each: Case) throws {
        let days = CallDay(rawValue: each.from)...CallDay(rawValue: each.to)
        let known = Self.rows.filter { $0.day.rawValue >= each.from / 100 * 100 && $0.day <= days.upperBound }
        let ledger = PeriodLedger(days, of: known, pricing: Self.pricing)
        #expect(ledger.days.count == each.rows && ledger.totals.billable == each.billed)
        #expect(
            ledger.cost
                == .known(
                    currency: "USD", certain: try #require(Decimal(string: each.certain)),
                    atMost: try #require(Decimal(string: each.atMost))))
    }

    @Test(
        "Each row has its cost at its place in the month, and the sure costs add up; the table has amounts as they are")
    func eachRow() {
        let days = CallDay(rawValue: 20_260_101)...CallDay(rawValue: 20_260_228)
        let ledger = PeriodLedger(days, of: Self.rows, pricing: Self.pricing)
        #expect(ledger.days.map(\.cost.description) == ["USD 40.00", "USD 11.00 to 11.50", "USD 0.10", "USD 30.00"])
        for (row, entry) in zip(Self.rows, ledger.days) {
            let alone = Cost.share(of: Self.rows, pricing: Self.pricing) { $0.day == row.day && $0.batch == row.batch }
            #expect(entry.cost == alone)
        }
        let table = LedgerPage.csv(ledger).components(separatedBy: "\r\n")
        #expect(table[0].hasSuffix(",surely_not,currency,cost,cost_at_most"))
        #expect(table[2] == "2026-01-31,two-2,25,20,5,0,USD,11,11.5")
        let unpriced = LedgerPage.csv(PeriodLedger(days, of: Self.rows, pricing: nil))
        #expect(unpriced.components(separatedBy: "\r\n")[1] == "2026-01-30,one-1,40,40,0,0,,,")
    }

    @Test("Amounts have their thousands set apart")
    func thousands() {
        func text(_ certain: Decimal, _ atMost: Decimal) -> String {
            Cost.known(currency: "USD", certain: certain, atMost: atMost).description
        }
        #expect(text(0, 0) == "USD 0.00" && text(999, 999) == "USD 999.00")
        #expect(text(Decimal(22_191) / 10, Decimal(1_234_567_125) / 1_000) == "USD 2,219.10 to 1,234,567.125")
    }

    @Test("What is no batch's is named for what it is")
    func named() {
        let day = CallDay(rawValue: 20_260_131)
        let text = PeriodLedger(day...day, of: Self.rows, pricing: Self.pricing).text
        #expect(text.contains(/2026-01-31 +doctor +1 +1 +0 +0 +USD 0\.10/))
        #expect(text.hasSuffix("cost: USD 11.10 to 11.60"))
    }
}
