import Basics
package import Foundation
package import RecordStore

/// What calls cost or would cost. In JSON, wherever a cost stands, `{"currency": …, "certain": …, "at_most": …}`; without a
/// price list all three are null.
package enum Cost: Sendable, Equatable {
    /// There is no price list.
    case unknown
    /// The cost of the calls that were certainly billed, and with those that may have been, which is never less.
    case known(currency: String, certain: Decimal, atMost: Decimal)
}

extension Cost: CustomStringConvertible {
    /// `USD 1,234.50`, `USD 12.30 to 12.50`, or `unknown`.
    package var description: String {
        switch self {
        case .unknown: "unknown"
        case .known(let currency, let certain, let atMost) where certain == atMost:
            "\(currency) \(Self.text(of: certain))"
        case .known(let currency, let certain, let atMost):
            "\(currency) \(Self.text(of: certain)) to \(Self.text(of: atMost))"
        }
    }

    /// An exact amount, with two decimals at least: `1234`, `1.4` and `0.125` are `1,234.00`, `1.40` and `0.125`.
    static func text(of amount: Decimal) -> String {
        let parts = "\(amount)".split(separator: ".", maxSplits: 1)
        let decimals = parts.count > 1 ? String(parts[1]) : ""
        // An amount of more digits than a number has is shown as it is.
        let whole = Int(parts[0]).map(Counted.number) ?? String(parts[0])
        return "\(whole).\(decimals)" + String(repeating: "0", count: max(0, 2 - decimals.count))
    }
}

extension Cost: Codable {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case currency, certain
        case atMost = "at_most"
    }

    /// Reads what `encode` writes, and the text that summaries of version 0.1.0 have where there was no price list.
    package init(from decoder: any Decoder) throws {
        if try decoder.singleValueContainer().isText {
            self = .unknown
            return
        }
        let values = try decoder.container(keyedBy: CodingKeys.self)
        guard let currency = try values.decodeIfPresent(String.self, forKey: .currency) else {
            self = .unknown
            return
        }
        self = .known(
            currency: currency,
            certain: try values.decode(Decimal.self, forKey: .certain),
            atMost: try values.decode(Decimal.self, forKey: .atMost))
    }

    /// Writes an object with exact amounts, or with nulls where there is no price list.
    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        guard case .known(let currency, let certain, let atMost) = self else {
            try values.encodeNil(forKey: .currency)
            try values.encodeNil(forKey: .certain)
            return try values.encodeNil(forKey: .atMost)
        }
        try values.encode(currency, forKey: .currency)
        try values.encode(certain, forKey: .certain)
        try values.encode(atMost, forKey: .atMost)
    }
}

extension SingleValueDecodingContainer {
    /// Whether the value is text. Decoding throws for every other type, which is the question here and no failure.
    fileprivate var isText: Bool { (try? decode(String.self)) != nil }
}

extension Cost {
    /// What some rows of the ledger's days cost.
    ///
    /// The tiers of a price list count the calls of a calendar month in the ledger's order: by day, and within a day by
    /// batch. A row costs what its calls add at its place in that order, so that what the batches of a month surely cost
    /// adds up to the month's sure cost to the last digit, whatever is looked at alone.
    ///
    /// The upper bound is what they cost at most, whichever of the calls that may have been billed were: where prices fall
    /// that is when theirs were and no other, where prices rise when all were. So it is never below what they surely cost,
    /// and for all rows together it is the month's.
    ///
    /// - Parameters:
    ///   - rows: in order, and from each month's beginning.
    ///   - pricing: the price list; nil: unknown.
    ///   - isOwn: which rows are asked for.
    /// - Returns: their cost.
    package static func share(
        of rows: [LedgerDay], pricing: Pricing?, where isOwn: (LedgerDay) -> Bool
    ) -> Cost {
        guard let pricing else { return .unknown }
        let asked = rows.map { (row: $0, isOwn: isOwn($0)) }
        let certain = pricing.cost(of: asked) { row, _ in row.totals.billable }
        let alone = pricing.cost(of: asked) { $1 ? $0.totals.chargedAtMost : $0.totals.billable }
        let all = pricing.cost(of: asked) { row, _ in row.totals.chargedAtMost }
        return .known(currency: pricing.currency, certain: certain, atMost: max(certain, alone, all))
    }
}

extension Cost {
    /// What each of some rows of the ledger's days costs, as ``share(of:pricing:where:)`` has it for that row alone.
    ///
    /// - Parameters:
    ///   - rows: in order, and from each month's beginning.
    ///   - pricing: the price list; nil: unknown.
    /// - Returns: the cost of each, in the same order.
    package static func each(of rows: [LedgerDay], pricing: Pricing?) -> [Cost] {
        guard let pricing else { return rows.map { _ in .unknown } }
        var (month, billed, charged) = (Int64(0), 0, 0)
        return rows.map { row in
            if row.day.month.lowerBound != month { (month, billed, charged) = (row.day.month.lowerBound, 0, 0) }
            let (sure, most) = (row.totals.billable, row.totals.chargedAtMost)
            let certain = pricing.cost(ofCalls: sure, already: billed)
            let alone = pricing.cost(ofCalls: most, already: billed)
            let all = pricing.cost(ofCalls: most, already: charged)
            (billed, charged) = (billed + sure, charged + most)
            return .known(currency: pricing.currency, certain: certain, atMost: max(certain, alone, all))
        }
    }
}

extension Cost {
    /// What each batch costs, as ``share(of:pricing:where:)`` has it for its rows, in one pass over all of them.
    ///
    /// - Parameters:
    ///   - rows: in order, and from each month's beginning.
    ///   - pricing: the price list.
    /// - Returns: the cost of each batch that has a row.
    package static func shares(of rows: [LedgerDay], pricing: Pricing) -> [BatchID: Cost] {
        var (month, billed, charged) = (Int64(0), 0, 0)
        // By how much more a batch's calls of the month so far may count than they surely do.
        var surplus: [BatchID: Int] = [:]
        var sums: [BatchID: (certain: Decimal, alone: Decimal, all: Decimal)] = [:]
        for row in rows {
            if row.day.month.lowerBound != month {
                (month, billed, charged, surplus) = (row.day.month.lowerBound, 0, 0, [:])
            }
            let (sure, most) = (row.totals.billable, row.totals.chargedAtMost)
            if let batch = row.batch {
                var sum = sums[batch] ?? (0, 0, 0)
                sum.certain += pricing.cost(ofCalls: sure, already: billed)
                sum.alone += pricing.cost(ofCalls: most, already: billed + surplus[batch, default: 0])
                sum.all += pricing.cost(ofCalls: most, already: charged)
                sums[batch] = sum
                surplus[batch, default: 0] += most - sure
            }
            (billed, charged) = (billed + sure, charged + most)
        }
        return sums.mapValues { sum in
            .known(currency: pricing.currency, certain: sum.certain, atMost: max(sum.certain, sum.alone, sum.all))
        }
    }
}

extension Pricing {
    /// What the rows that are asked for cost, where each has so many billed calls.
    fileprivate func cost(
        of rows: [(row: LedgerDay, isOwn: Bool)], billed: (_ row: LedgerDay, _ isOwn: Bool) -> Int
    ) -> Decimal {
        var (month, already, sum) = (Int64(0), 0, Decimal(0))
        for (row, isOwn) in rows {
            if row.day.month.lowerBound != month { (month, already) = (row.day.month.lowerBound, 0) }
            let calls = billed(row, isOwn)
            if isOwn { sum += cost(ofCalls: calls, already: already) }
            already += calls
        }
        return sum
    }
}

/// What calls cost, by tiers that count the calls of the calendar month so far.
package struct Pricing: Sendable, Equatable {
    /// One step of the price.
    package struct Tier: Sendable, Equatable {
        /// The last call of the month at this price; nil: all further ones.
        package let upTo: Int?
        /// The price of one call.
        package let each: Decimal

        /// Makes a step.
        package init(upTo: Int?, each: Decimal) {
            self.upTo = upTo
            self.each = each
        }
    }

    /// Three capital letters.
    package let currency: String
    /// Rising; the last has no end.
    package let tiers: [Tier]

    /// Makes a price list.
    ///
    /// - Parameters:
    ///   - currency: three capital letters.
    ///   - tiers: rising, the last without `upTo`; calls beyond the last cost as in the last.
    package init(currency: String, tiers: [Tier]) {
        self.currency = currency
        self.tiers = tiers
    }

    /// What further calls cost.
    ///
    /// - Parameters:
    ///   - count: billable calls.
    ///   - already: billable calls of the same calendar month before them.
    /// - Returns: the exact sum in the list's currency.
    package func cost(ofCalls count: Int, already: Int) -> Decimal {
        let end = already + count
        var from = already
        var sum: Decimal = 0
        for (index, tier) in tiers.enumerated() where from < end {
            let isLast = index == tiers.count - 1
            let to = isLast ? end : min(end, tier.upTo ?? end)
            guard to > from else { continue }
            sum += Decimal(to - from) * tier.each
            from = to
        }
        return sum
    }
}

extension Pricing {
    /// How many calls of a calendar month an amount buys, from its first call on.
    ///
    /// - Parameter budget: the most they may cost together.
    /// - Returns: the greatest number whose cost is no more; nil where calls without number are free.
    package func calls(for budget: Decimal) -> Int? {
        var (left, made) = (budget, 0)
        for (index, tier) in tiers.enumerated() {
            let isLast = index == tiers.count - 1
            let size = isLast ? nil : tier.upTo.map { max(0, $0 - made) }
            guard tier.each > 0 else {
                guard let size else { return nil }
                made += size
                continue
            }
            let bought = Self.whole(left / tier.each)
            guard let size, bought >= size else { return made + max(0, bought) }
            made += size
            left -= Decimal(size) * tier.each
        }
        return made
    }

    /// The whole part, at most the greatest `Int`.
    private static func whole(_ value: Decimal) -> Int {
        guard value < Decimal(Int.max / 2) else { return Int.max / 2 }
        var (value, rounded) = (value, Decimal())
        NSDecimalRound(&rounded, &value, 0, .down)
        return Int(truncating: rounded as NSDecimalNumber)
    }
}
