/// Figures as people at the folder read them.
enum StatusFigures {
    /// `1,234,567`; what is counted is never negative.
    static func count(_ number: Int) -> String {
        let digits = String(number)
        return String(
            digits.enumerated().flatMap { index, digit in
                index > 0 && (digits.count - index).isMultiple(of: 3) ? [",", digit] : [digit]
            })
    }

    /// `30 s`, `2 min`, `1 min 30 s`: how long something must be waited for.
    static func wait(_ duration: Duration) -> String {
        let seconds = Int(duration / .seconds(1))
        let parts = [(seconds / 60, "min"), (seconds % 60, "s")].filter { $0.0 > 0 }
        return parts.isEmpty ? "a moment" : parts.map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }

    /// `less than a minute`, `5 min`, `2 h 5 min`; nobody at a folder counts seconds.
    static func duration(_ seconds: Double) -> String {
        let minutes = Int(seconds / 60)
        switch minutes {
        case 0: return "less than a minute"
        case ..<60: return "\(minutes) min"
        default: return "\(minutes / 60) h \(minutes % 60) min"
        }
    }
}
