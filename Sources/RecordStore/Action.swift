/// Something an operator, or Rollcall in an operator's stead, did.
public struct Action: Sendable, Equatable {
    /// When, in milliseconds since 1970 UTC.
    public var at: Int64
    /// The batch it concerns.
    public var batch: BatchID?
    /// One word: `rerun`, `start`, `resolve`, …
    public var name: String
    /// What exactly; no values of records.
    public var detail: String?
    /// Who, with what.
    public var provenance: Provenance

    /// Describes an action.
    public init(at: Int64, batch: BatchID?, name: String, detail: String? = nil, provenance: Provenance) {
        self.at = at
        self.batch = batch
        self.name = name
        self.detail = detail
        self.provenance = provenance
    }
}
