/// One input file taken in under a job.
public struct Batch: Sendable, Equatable {
    /// Its number.
    public let id: BatchID
    /// Its name for people and folders: `<file stem>-<number>`.
    public let name: String
    /// The job's name.
    public let job: String
    /// The input file's last path component.
    public let fileName: String
    /// SHA-256 of the input file's whole content, 32 bytes.
    public let contentDigest: [UInt8]
    /// `csv` or `jsonl`.
    public let format: String
    /// Where it is on its way.
    public let state: BatchState
    /// Why it was paused, halted or rejected, or waits; nil when there is nothing to say.
    public let reason: String?
    /// Whether its whole file has been read.
    public let isIngested: Bool
    /// How far its file has been read.
    public let checkpoint: Checkpoint
    /// Who took it in, with what.
    public let provenance: Provenance
    /// When it was made, in milliseconds since 1970 UTC.
    public let createdAt: Int64
    /// When its file had been read, in milliseconds since 1970 UTC.
    public let ingestedAt: Int64?
    /// When its first record was claimed, in milliseconds since 1970 UTC.
    public let startedAt: Int64?
    /// When it was completed, cancelled or rejected, in milliseconds since 1970 UTC.
    public let finishedAt: Int64?
    /// Whether answers of earlier batches may serve.
    public let reuses: Bool
    /// Its counters.
    public let counts: BatchCounts
}
