/// A claimed record as the writing thread hands it out; the caller's thread opens it.
struct SealedClaim: Sendable {
    let id: RecordID
    let attempt: AttemptID
    let number: Int
    let spentAttempts: Int
    let payload: [UInt8]
}
