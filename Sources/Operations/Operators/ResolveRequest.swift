/// What `rollcall resolve` is asked to do.
public struct ResolveRequest: Sendable {
    /// What becomes of records in doubt.
    public enum Decision: String, Sendable, CaseIterable {
        /// They count as failed.
        case failed
        /// They are sent again, and perhaps billed a second time.
        case queued
    }

    /// The batch's name or number.
    public var batch: String
    /// The settings file.
    public var config: String
    /// The line at which the record starts; nil: all in doubt.
    public var line: Int?
    /// What becomes of them.
    public var decision: Decision
    /// Whether records may be sent again that were perhaps billed.
    public var yes: Bool

    /// Describes the decision.
    public init(batch: String, config: String, line: Int?, decision: Decision, yes: Bool = false) {
        self.batch = batch
        self.config = config
        self.line = line
        self.decision = decision
        self.yes = yes
    }
}
