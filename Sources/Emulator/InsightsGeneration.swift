/// Which of the two live generations of the API the emulator's insights belong to.
public enum InsightsGeneration: String, Sendable, CaseIterable {
    /// The newer one for a request with `device.screenWidth` or `device.screenHeight`, else 0.2.2.
    case asRequested = "as-requested"
    /// OpenAPI 0.2.2: `device.scores.deviceRiskFactor` and its siblings.
    case classic = "0.2.2"
    /// The newer one: `device.score.deviceRisk`.
    case newer = "newer"
}
