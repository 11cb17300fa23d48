/// What a claim brought, still sealed.
struct ClaimResult: Sendable {
    var records: [SealedClaim] = []
    var cappedBy: Cap?
    var nextReadyAt: Int64?
    var exhausted = false
    var state = BatchState.running
    var held = 0
    var reused = 0
    /// Records looked at that needed no call, or none now.
    var passed = 0
}
