/// A record whose request is the same as that of an earlier line of its batch.
struct RepeatedRecord: Sendable {
    let record: Int64
    let status: RecordStatus
    /// The first line with this request.
    let leader: Int64
    let leaderStatus: RecordStatus
}
