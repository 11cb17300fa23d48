import Foundation

extension ValueFormat<Int> {
    static func integer(_ range: ClosedRange<Int>) -> ValueFormat {
        ValueFormat(expectation: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text, _ in
            guard text.utf8.allSatisfy(isDigit), let value = Int(text), range.contains(value) else { return nil }
            return value
        }
    }

    static func integer(atLeast minimum: Int) -> ValueFormat {
        ValueFormat(expectation: "a whole number, at least \(minimum)") { text, _ in
            guard text.utf8.allSatisfy(isDigit), let value = Int(text), value >= minimum else { return nil }
            return value
        }
    }
}

extension ValueFormat<Double> {
    /// A rate; to make no call at all, `limits.batch_calls: 0` says so plainly.
    static let rate = ValueFormat(expectation: "a number of calls per second above 0, at most 100000") { text, _ in
        guard isPlainDecimal(text), let value = Double(text), value > 0, value <= 100_000 else { return nil }
        return value
    }
}

extension ValueFormat<Share> {
    /// A share of all lines or answers; the sign must be there, so that 0.5 is not taken for 50%.
    static let share = ValueFormat(expectation: "a percentage such as 5% or 0.5%, at most 100%") { text, _ in
        text.hasSuffix("%") ? Share(percentage: String(text.dropLast())) : nil
    }
}

extension ValueFormat<Decimal> {
    static let price = ValueFormat(expectation: "an amount such as 0.10, not negative") { text, _ in
        isPlainDecimal(text) ? Decimal(string: text, locale: Locale(identifier: "en_US_POSIX")) : nil
    }
}

func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

/// Digits with at most one decimal point between them: no sign, exponent, infinity or grouping.
private func isPlainDecimal(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return (1...2).contains(parts.count) && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isDigit) }
}
