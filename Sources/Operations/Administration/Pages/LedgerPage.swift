import Basics
import Foundation
import RecordStore
import Results

/// What was called, billed and paid in some days, to be checked against an invoice.
struct LedgerPage: Equatable {
    /// A batch's calls of one day.
    struct Row: Equatable {
        let day: String
        let batch: String
        let calls: String
        let billed: String
        let perhaps: String
        let not: String
        let cost: String
    }

    let from: String
    let to: String
    let problem: String?
    let unknown: [String]
    let figures: [OverviewPage.Figure]
    let rows: [Row]
    /// Where the same can be had as a table.
    let table: String?

    init(_ ledger: PeriodLedger) {
        (from, to, problem) = (ledger.from, ledger.to, nil)
        unknown = ledger.unknown.map {
            "A restore was found at \($0.found): nobody knows how many calls are missing here (\($0.reason))"
        }
        let totals = ledger.totals
        figures =
            [
                ("Calls", totals.made), ("Billed", totals.billable),
                ("Perhaps billed", totals.maybeBillable + totals.open), ("Not billed", totals.notBillable),
            ].map { OverviewPage.Figure(name: $0.0, value: NumberFormat.count($0.1)) } + [Self.figure(ledger.cost)]
        rows = ledger.days.reversed().map { entry in
            let sum = entry.totals
            return Row(
                day: entry.day, batch: entry.batch, calls: NumberFormat.count(sum.made),
                billed: NumberFormat.count(sum.billable), perhaps: NumberFormat.count(sum.maybeBillable + sum.open),
                not: NumberFormat.count(sum.notBillable), cost: entry.cost.description)
        }
        table = "/ledger.csv?from=\(from)&to=\(to)"
    }

    static func figure(_ cost: Cost) -> OverviewPage.Figure {
        guard case .known(let currency, let certain, let atMost) = cost, certain != atMost else {
            return OverviewPage.Figure(name: "Cost", value: cost.description)
        }
        func text(_ amount: Decimal) -> String {
            Cost.known(currency: currency, certain: amount, atMost: amount).description
        }
        return OverviewPage.Figure(name: "Cost", value: text(certain), note: "at most \(text(atMost))")
    }

    /// A page that only says what is wrong with the days that were asked for.
    init(from: String, to: String, problem: String) {
        (self.from, self.to, self.problem) = (from, to, problem)
        (unknown, figures, rows, table) = ([], [], [], nil)
    }

    /// The days that a query names; without any, those of this month so far.
    ///
    /// - Throws: `InvalidAdminValue` for what is no day, or a period that ends before it begins.
    static func days(_ parameters: [String: String], today: CallDay) throws -> ClosedRange<CallDay> {
        let given = parameters.filter { !$0.value.isEmpty }
        let (from, to) = try InvalidAdminValue.reading {
            (try given["from"].map(CallDay.init(text:)), try given["to"].map(CallDay.init(text:)) ?? today)
        }
        let first = from ?? CallDay(rawValue: to.month.lowerBound + 1)
        guard first <= to else { throw InvalidAdminValue(message: "the period ends before it begins") }
        return first...to
    }

    /// The days as a table (RFC 4180); without a price list the last three columns are empty.
    static func csv(_ ledger: PeriodLedger) -> String {
        var lines = ["day,batch,calls,billed,perhaps_billed,surely_not,currency,cost,cost_at_most"]
        for entry in ledger.days {
            let sum = entry.totals
            // A batch's name has letters, digits, '.', '_' and '-' only.
            let figures = [sum.made, sum.billable, sum.maybeBillable + sum.open, sum.notBillable]
            var cost = ["", "", ""]
            if case .known(let currency, let certain, let atMost) = entry.cost {
                cost = [currency, "\(certain)", "\(atMost)"]
            }
            lines.append(([entry.day, entry.batch] + figures.map(String.init) + cost).joined(separator: ","))
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }
}
