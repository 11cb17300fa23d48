/// What `rollcall run` is asked to do.
public struct RunRequest: Sendable {
    /// Input files, in order.
    public var files: [String]
    /// The settings file.
    public var config: String
    /// The job's name or file; nil for none.
    public var job: String?
    /// Folder for the result files; nil for the settings'.
    public var out: String?
    /// Calls per second; nil for the job's.
    public var rate: Double?
    /// Whether to go on above `confirm_above` without asking.
    public var yes: Bool
    /// Whether a file whose batch has finished is taken in again.
    public var again: Bool
    /// Whether answers of earlier batches may serve, where the job says so.
    public var reuses: Bool
    /// Whether the summaries go to standard output as JSON.
    public var json: Bool

    /// Describes one run.
    public init(
        files: [String], config: String, job: String? = nil, out: String? = nil, rate: Double? = nil, yes: Bool = false,
        again: Bool = false, reuses: Bool = true, json: Bool = false
    ) {
        self.files = files
        self.config = config
        self.job = job
        self.out = out
        self.rate = rate
        self.yes = yes
        self.again = again
        self.reuses = reuses
        self.json = json
    }
}
