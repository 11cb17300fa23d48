internal import RecordStore

/// One call, from its start.
struct Call: Sendable {
    let record: ClaimedRecord
    let grant: Grant
    let startedAt: Instant

    /// When it ended, in milliseconds since 1970 UTC: as long after its start as the monotonic clock says, so that its
    /// length in the ledger is right whatever became of the wall clock meanwhile.
    func end(at instant: Instant) -> Int64 { startedAt.wall(passed: instant.monotonic) }
}
