/// What a claim asks for.
struct ClaimRequest: Sendable {
    let batch: BatchID
    let count: Int
    let now: Int64
    /// Retries due by this time are ready, in milliseconds since 1970 UTC.
    let dueBy: Int64
    let caps: CallCaps
    let key: DataKey
    let sealingKey: SealingKey
    /// The re-run whose records alone may be taken; nil: all that wait may.
    var rerun: RerunNumber?
}
