extension BatchSummary {
    /// Records by status.
    public struct Records: Sendable, Codable, Equatable {
        /// Input lines.
        public var total = 0
        /// Waiting for a call.
        public var queued = 0
        /// Claimed and not finished.
        public var inFlight = 0
        /// Answered.
        public var succeeded = 0
        /// Refused for good, or out of attempts.
        public var failed = 0
        /// May have been billed without an answer recorded.
        public var inDoubt = 0
        /// Refused before any call.
        public var invalid = 0
        /// Answered from an identical record.
        public var reused = 0
        /// Given up before their call.
        public var cancelled = 0

        enum CodingKeys: String, CodingKey {
            case total, queued
            case inFlight = "in_flight"
            case succeeded, failed
            case inDoubt = "in_doubt"
            case invalid, reused, cancelled
        }
    }

    /// What the ledger adds up to.
    public struct Calls: Sendable, Codable, Equatable {
        /// Rows of the ledger.
        public var attempts = 0
        /// Attempts that left or may have left.
        public var made = 0
        /// Times a record was queued again.
        public var retries = 0
        /// Rows of the ledger whose call is under way.
        public var open = 0
        /// Records in doubt that the job's policy sent again; their calls are among those made.
        public var inDoubtRetried = 0
        /// Answered with 200: billed.
        public var billable = 0
        /// Surely not billed: never left, or refused.
        public var notBillable = 0
        /// May have been billed.
        public var maybeBillable = 0
        /// Calls beyond a record's first that were billed or may have been: each may have been paid for nothing.
        public var possibleDoubleBills = 0

        enum CodingKeys: String, CodingKey {
            case attempts, made, retries, open, billable
            case inDoubtRetried = "in_doubt_retried"
            case notBillable = "not_billable"
            case maybeBillable = "maybe_billable"
            case possibleDoubleBills = "possible_double_bills"
        }
    }
}
