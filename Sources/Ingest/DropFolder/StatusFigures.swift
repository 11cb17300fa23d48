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
