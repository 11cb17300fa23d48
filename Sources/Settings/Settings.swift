/// The settings of one installation: `rollcall.yaml` with the environment's overrides over it.
///
/// Paths are absolute: those of the file and of the environment are relative to the file's folder.
public struct Settings: Sendable {
    /// The file the settings were read from, absolute.
    public let path: String
    /// The database's file.
    public var database: String
    /// The file of the key that seals what the database holds.
    public var sealingKey: String
    /// The folder of what must not be lost or restored together with the database: the ledger's trace.
    public var keysFolder: String
    /// Where the calls go and what they are signed and encrypted with.
    public var api: API
    /// How fast and how many calls may be made.
    public var limits: Limits
    /// When a record is sent again.
    public var retry: Retry
    /// When a batch stops by itself.
    public var halt: Halt
    /// Above what a batch waits for a person's word.
    public var confirmAbove: ConfirmAbove
    /// The share of invalid lines above which a batch waits for a person's word; nil: `defaultMaxInvalid`.
    public var maxInvalid: Share?
    /// The share of invalid lines that holds where nobody gave `max_invalid`: 5%.
    public static let defaultMaxInvalid = Share(percent: 5)
    /// What calls cost; nil where nothing is known of it.
    public var pricing: Pricing?
    /// How the daemon behaves.
    public var daemon: Daemon
    /// Whom the daemon tells of jobs that name nobody; nil: nobody.
    public var notify: Notification?
    /// The folder of job files.
    public var jobs: String
    /// The folder below which each batch's results get a folder of their own.
    public var output: String
    /// The form of `results.csv`.
    public var outputForm: OutputForm
    /// One line per effective value, sorted, without secrets: what is hashed to tell settings apart.
    public let canonicalDescription: String

    /// The folder of the settings file, to which paths in it and in job files are relative.
    public var folder: String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }
}
