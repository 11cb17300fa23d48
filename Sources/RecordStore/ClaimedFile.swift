/// A file of a drop folder on its way from the inbox to the archive.
public struct ClaimedFile: Sendable, Equatable {
    /// Its place in `working/`; one file has it at a time.
    public var path: String
    /// The job's name.
    public var job: String
    /// Its name as it was dropped.
    public var name: String
    /// The batch made from it; nil before there is one.
    public var batch: BatchID?
    /// When it was claimed, in milliseconds since 1970 UTC.
    public var claimedAt: Int64

    /// Describes a claimed file.
    public init(path: String, job: String, name: String, batch: BatchID? = nil, claimedAt: Int64) {
        self.path = path
        self.job = job
        self.name = name
        self.batch = batch
        self.claimedAt = claimedAt
    }
}
