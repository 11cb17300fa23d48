/// What a runner says of itself, for those who look from other processes.
public struct RunnerStatus: Sendable, Equatable, Codable {
    /// Whether calls may be made.
    public enum Gate: Sendable, Equatable, Codable {
        /// They may.
        case open
        /// Not now: probes try, the next one at a moment; nil while one is under way.
        case closed(reason: String?, since: Int64, nextProbeAt: Int64?, probes: Int)
        /// Not until somebody has put it right.
        case halted(reason: String?, since: Int64)
    }

    /// Its process.
    public var process: Int32
    /// Its machine.
    public var host: String
    /// Its version.
    public var version: String
    /// Whether it stays when its batches are done.
    public var isDaemon: Bool
    /// How many jobs it knows.
    public var jobs: Int
    /// When it started, in milliseconds since 1970 UTC, as all times here.
    public var startedAt: Int64
    /// When it last read its settings and jobs.
    public var loadedAt: Int64
    /// When all this was true.
    public var updatedAt: Int64
    /// Whether calls may be made.
    public var gate: Gate
    /// Calls a second that are allowed at the moment.
    public var allowedRate: Double
    /// Until when a `Retry-After` forbids any call.
    public var closedUntil: Int64?
    /// The batch it works on; nil for a daemon, which works on all that may run.
    public var batch: BatchID?

    /// Describes a runner.
    public init(
        process: Int32, host: String, version: String, isDaemon: Bool, jobs: Int = 0, startedAt: Int64,
        loadedAt: Int64, updatedAt: Int64, gate: Gate = .open, allowedRate: Double, closedUntil: Int64? = nil,
        batch: BatchID? = nil
    ) {
        self.process = process
        self.host = host
        self.version = version
        self.isDaemon = isDaemon
        self.jobs = jobs
        self.startedAt = startedAt
        self.loadedAt = loadedAt
        self.updatedAt = updatedAt
        self.gate = gate
        self.allowedRate = allowedRate
        self.closedUntil = closedUntil
        self.batch = batch
    }
}
