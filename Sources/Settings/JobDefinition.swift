/// A job: how the columns of its files become API fields, and how its batches run.
///
/// `limits`, `retry`, `halt` and `confirm_above` of a job file go over those of the settings, key by key.
public struct JobDefinition: Sendable {
    /// The job's name: that of its file without the ending.
    public let name: String
    /// What the job is for, in the words of whoever wrote it.
    public let description: String?
    /// The format of its files; nil: found from the file's name and content.
    public let format: Format?
    /// The mapping in the file's order; empty: the known column names are read.
    public let fields: [Field]
    /// Columns that are in the file and not wanted.
    public let ignoredColumns: [String]
    /// The column that holds a record's own id; nil: `id`, or what Ingest takes in its place.
    public let recordIDColumn: String?
    /// How fast and how many calls may be made.
    public var limits: Settings.Limits
    /// When a record is sent again.
    public var retry: Settings.Retry
    /// When a batch stops by itself.
    public var halt: Settings.Halt
    /// Above what a batch waits for a person's word.
    public var confirmAbove: Settings.ConfirmAbove

    /// The formats of input files.
    public enum Format: String, Sendable, CaseIterable {
        /// RFC 4180, with `,` `;` or tab.
        case csv
        /// One JSON object per line.
        case jsonl
    }

    /// The job of a file that is run without one: known column names, the settings as they are.
    public init(unnamedWith settings: Settings) {
        name = Self.unnamed
        description = nil
        format = nil
        fields = []
        ignoredColumns = []
        recordIDColumn = nil
        limits = settings.limits
        retry = settings.retry
        halt = settings.halt
        confirmAbove = settings.confirmAbove
    }

    /// The name of the job of files that are run without one.
    public static let unnamed = "default"
}
