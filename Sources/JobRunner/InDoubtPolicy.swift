/// What becomes of records that were sent, or maybe sent, without an answer recorded (`retry.in_doubt`).
public enum InDoubtPolicy: String, Sendable, CaseIterable {
    /// They stay in doubt until someone decides.
    case hold
    /// At the batch's end they are sent again, at most `in_doubt_budget` of them.
    case retry

    /// How many more records may be sent again.
    ///
    /// - Parameters:
    ///   - budget: The batch's whole budget; nil for no cap.
    ///   - spent: How many of the batch's in-doubt records were sent again before.
    /// - Returns: The number left, or nil for no cap.
    func allowance(budget: Int?, spent: Int) -> Int? {
        switch self {
        case .hold: return 0
        case .retry: return budget.map { max(0, $0 - spent) }
        }
    }
}
