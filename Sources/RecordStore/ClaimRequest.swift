/// What a claim asks for.
struct ClaimRequest: Sendable {
    let batch: BatchID
    let count: Int
    let now: Int64
    let caps: CallCaps
    let key: DataKey
    let sealingKey: SealingKey
}
