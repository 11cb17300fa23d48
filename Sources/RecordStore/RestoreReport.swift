/// What a restored database does not know, and what its next start makes of it.
public struct RestoreReport: Sendable, Equatable, Codable {
    /// Calls claimed since the copy was made, at most, by the ledger's mark and trace; nil: nobody knows.
    public var lostAttempts: Int64?
    /// Why nobody knows; the middle of a sentence.
    public var unknownBecause: String?
    /// Calls that were under way when the copy was made; their records will be in doubt.
    public var openAttempts = 0
    /// The names of the batches that will start paused.
    public var pausedBatches: [String] = []
    /// Records of these that will be in doubt because they may have been sent since.
    public var doubtedRecords = 0
    /// Batches with calls that the copy has never heard of; nil: nobody knows.
    public var unknownBatches: Int?
    /// The copy's schema version, which the next run or daemon brings to this program's.
    public var schemaVersion = 0
    /// Where the database that was there is now; nil when there was none.
    public var setAside: String?

    /// So many calls at most are paid twice if everything that is in doubt is sent again, also in batches that the copy
    /// has never heard of: any of the lost calls may have been theirs.
    public var callsAtRisk: Int {
        let lost = lostAttempts.map { Int(clamping: $0) } ?? .max
        return openAttempts + (unknownBatches ?? 0 > 0 ? lost : min(doubtedRecords, lost))
    }
}
