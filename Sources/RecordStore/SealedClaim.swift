/// A claimed record as the writing thread hands it out; the caller's thread opens it.
struct SealedClaim: Sendable {
    let id: RecordID
    let attempt: AttemptID
    let number: Int
    let spentAttempts: Int
    let payload: [UInt8]
}

/// What a claim brought, still sealed.
struct ClaimResult: Sendable {
    var records: [SealedClaim] = []
    var cappedBy: Cap?
    var nextReadyAt: Int64?
    var exhausted = false
    var state = BatchState.running
    var held = 0
}
