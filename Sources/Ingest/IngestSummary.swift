/// What one go at reading a file brought.
public struct IngestSummary: Sendable, Equatable {
    /// The physical line from 1 at which this go began; above the first record's where an earlier one was continued.
    public internal(set) var startLine = 0
    /// Records put into the store by this go.
    public internal(set) var records = 0
    /// Those of them that are `invalid`.
    public internal(set) var invalid = 0
    /// Those of them whose id was there already; that is allowed. Memory is bounded: up to some half a million records
    /// the count is as good as exact, beyond it says at least how many.
    public internal(set) var duplicateIDs = 0
    /// Records of the whole file whose request is that of an earlier line: its call answers them, too.
    public internal(set) var repeatedRequests = 0
    /// Lines that hold no record and were passed over: empty ones, and rows whose cells are all empty.
    public internal(set) var blankLines = 0
    /// What is noted of records that may be sent, the most frequent first.
    public internal(set) var notes: [FileSurvey.BrokenRule] = []
}
