/// A cap on calls, by the settings' key.
public enum Cap: String, Sendable {
    /// `limits.batch_calls`.
    case batchCalls = "batch_calls"
    /// `limits.daily_calls`.
    case dailyCalls = "daily_calls"
    /// `limits.monthly_cost`.
    case monthlyCost = "monthly_cost"
}
