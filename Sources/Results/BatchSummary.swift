/// What `summary.json` says of a batch: counts, calls, cost, times, digests and who ran it with what.
public struct BatchSummary: Sendable, Codable, Equatable {
    /// Which batch, made from what.
    public var batch: Identity
    /// Where the batch is on its way: `completed`, `halted`, …
    public var state: String
    /// Why it is there, where there is something to say.
    public var reason: String?
    /// Records by status; every input line is counted once.
    public var records: Records
    /// What the ledger adds up to.
    public var calls: Calls
    /// What the calls cost.
    public var cost: Cost
    /// When things happened.
    public var times: Times
    /// How long answered calls took, each record's last one; nil where none was answered.
    public var latency: Latency?
    /// Who took the batch in, with what.
    public var provenance: Origin
    /// The result files with their SHA-256; `summary.json` and `report.html` are not among them.
    public var files: [File]
}
