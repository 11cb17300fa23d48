extension BatchSummary {
    /// When things happened: ISO 8601 in UTC, or nil where they have not.
    public struct Times: Sendable, Codable, Equatable {
        /// When the batch was made.
        public var created: String
        /// When its file had been read.
        public var ingested: String?
        /// When its first record was claimed.
        public var started: String?
        /// When it was over.
        public var finished: String?
        /// When this summary was made.
        public var written: String
        /// From the first claim to the end, or to this summary while it runs, by the wall clock, since processes come and
        /// go meanwhile: never below 0, wherever that was set; nil before the first claim.
        public var runningSeconds: Double?

        enum CodingKeys: String, CodingKey {
            case created, ingested, started, finished, written
            case runningSeconds = "running_seconds"
        }
    }

    /// Milliseconds that a share of the answered calls did not exceed.
    public struct Latency: Sendable, Codable, Equatable {
        /// Half of them.
        public var median: Int
        /// 95 in a hundred.
        public var p95: Int
        /// 99 in a hundred.
        public var p99: Int
        /// All.
        public var longest: Int

        enum CodingKeys: String, CodingKey {
            case median = "median_ms"
            case p95 = "p95_ms"
            case p99 = "p99_ms"
            case longest = "longest_ms"
        }
    }
}
