extension ValueFormat<Duration> {
    /// A whole number with its unit: `500ms`, `30s`, `5m`, `6h` or `30d`.
    static func duration(_ range: ClosedRange<Duration>, _ limits: String) -> ValueFormat {
        ValueFormat(expectation: "a duration such as 500ms, 30s, 5m, 6h or 30d, \(limits)") { text, _ in
            guard let value = parseDuration(text), range.contains(value) else { return nil }
            return value
        }
    }
}

private func parseDuration(_ text: String) -> Duration? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    // Nine digits of days still fit a Duration.
    guard let count = Int64(digits), digits.utf8.count <= 9 else { return nil }
    switch text.dropFirst(digits.count) {
    case "ms": return .milliseconds(count)
    case "s": return .seconds(count)
    case "m": return .seconds(count * 60)
    case "h": return .seconds(count * 3600)
    case "d": return .seconds(count * 86400)
    default: return nil
    }
}
