/// What `rollcall rerun` is asked to do.
public struct RerunRequest: Sendable {
    /// The batch's name or number.
    public var batch: String
    /// The settings file.
    public var config: String
    /// The job whose limits apply, a name or a file; nil: the one the batch was taken in under.
    public var job: String?
    /// Statuses joined by commas; of these only `failed`, `in_doubt` and `cancelled` can be sent again.
    public var statuses: String
    /// Only records that ended with this reason code.
    public var reason: String?
    /// Only these lines, as `A-B`.
    public var lines: String?
    /// Folder for the result files; nil for the settings'.
    public var out: String?
    /// Whether records in doubt may be sent again.
    public var yes: Bool
    /// Whether the summary goes to standard output as JSON.
    public var json: Bool

    /// Describes a re-run.
    public init(
        batch: String, config: String, job: String? = nil, statuses: String, reason: String? = nil,
        lines: String? = nil, out: String? = nil, yes: Bool = false, json: Bool = false
    ) {
        self.batch = batch
        self.config = config
        self.job = job
        self.statuses = statuses
        self.reason = reason
        self.lines = lines
        self.out = out
        self.yes = yes
        self.json = json
    }
}
