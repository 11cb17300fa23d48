internal import RecordStore

/// One call, from its start.
struct Call: Sendable {
    let record: ClaimedRecord
    let grant: Grant
    /// Milliseconds since 1970 UTC.
    let startedAt: Int64
}
