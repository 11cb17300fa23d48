public import RecordStore

/// What was written for a batch.
public struct WrittenResults: Sendable {
    /// Where the files are.
    public let paths: ResultPaths
    /// What `summary.json` says.
    public let summary: BatchSummary
    /// What a person has to decide about.
    public let inDoubtSummary: InDoubtSummary
}
