/// A share of all lines or answers, exactly as it was written: 29% of 100 is 29, which no binary fraction says.
package struct Share: Sendable, Equatable, CustomStringConvertible {
    /// What was written before the percent sign.
    private let percentage: String
    /// The share is `parts` of `whole`.
    private let parts: Int
    private let whole: Int

    /// None at all.
    package static let nothing = Share(percent: 0)

    /// A share of whole hundredths.
    ///
    /// - Parameter percent: From 0 to 100.
    package init(percent: Int) {
        (percentage, parts, whole) = ("\(percent)", percent, 100)
    }

    /// Reads a percentage such as `29`, `0.5` or `12.50`; nil if it is none, above 100, or has more digits than can be
    /// counted with.
    ///
    /// - Parameter percentage: Digits with at most one decimal point between them, without the sign.
    package init?(percentage: String) {
        let sides = percentage.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(sides.count), sides.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isDigit) }) else {
            return nil
        }
        let decimals = sides.count == 2 ? sides[1] : ""
        guard decimals.utf8.count <= 12, let parts = Int(sides[0] + decimals) else { return nil }
        let whole = decimals.reduce(100) { whole, _ in whole * 10 }
        guard parts <= whole else { return nil }
        (self.percentage, self.parts, self.whole) = (percentage, parts, whole)
    }

    /// Whether so many of all are more than the share.
    package func isExceeded(by count: Int, of total: Int) -> Bool {
        let (left, right) = (count.multipliedFullWidth(by: whole), parts.multipliedFullWidth(by: total))
        return (left.high, left.low) > (right.high, right.low)
    }

    /// The most of so many that do not exceed the share.
    package func most(of total: Int) -> Int {
        let product = parts.multipliedFullWidth(by: max(0, total))
        return whole.dividingFullWidth(product).quotient
    }

    /// As it was written: `29%`.
    package var description: String { "\(percentage)%" }

    /// Equal where they are the same share, however written.
    package static func == (left: Share, right: Share) -> Bool {
        left.parts.multipliedFullWidth(by: right.whole) == right.parts.multipliedFullWidth(by: left.whole)
    }
}
