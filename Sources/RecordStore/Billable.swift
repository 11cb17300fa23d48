/// Whether an attempt appears on the invoice.
public enum Billable: String, Sendable, CaseIterable, Codable {
    /// Surely not: it never left, or was refused.
    case no
    /// Answered with 200.
    case yes
    /// It left, or may have left, and no answer was recorded.
    case unknown
}

extension Billable {
    /// The number that stands for it in the `attempts` table.
    var code: Int64 {
        switch self {
        case .no: 0
        case .yes: 1
        case .unknown: 2
        }
    }

    /// What a number of the `attempts` table stands for; nil for an open attempt's NULL.
    init?(code: Int64?) {
        switch code {
        case 0: self = .no
        case 1: self = .yes
        case 2: self = .unknown
        default: return nil
        }
    }
}
