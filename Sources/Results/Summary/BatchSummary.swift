/// What `summary.json` says of a batch: counts, calls, cost, times, digests and who ran it with what.
public struct BatchSummary: Sendable, Codable, Equatable {
    /// Which batch, made from what.
    public var batch: Identity
    /// The batch's state: `completed`, `halted`, …
    public var state: String
    /// Why it is in that state, where there is a reason.
    public var reason: String?
    /// Records by status; every input line is counted once.
    public var records: Records
    /// What the ledger adds up to.
    public var calls: Calls
    /// What the calls cost.
    public var cost: Cost
    /// When things happened.
    public var times: Times
    /// How long answered calls took, each record's last one; nil where none was answered.
    public var latency: Latency?
    /// Who took the batch in, with what.
    public var provenance: Origin
    /// The result files with their SHA-256; `summary.json` and `report.html` are not among them.
    public var files: [File]
}

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
        /// Certainly not billed: never left, or refused.
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

extension BatchSummary {
    /// Which batch, made from what.
    public struct Identity: Sendable, Codable, Equatable {
        /// Its number.
        public var number: Int64
        /// Its name.
        public var name: String
        /// The job's name.
        public var job: String
        /// The input file's last path component.
        public var file: String
        /// `csv` or `jsonl`.
        public var format: String
        /// SHA-256 of the input file, lower-case hex.
        public var inputSHA256: String

        enum CodingKeys: String, CodingKey {
            case number, name, job, file, format
            case inputSHA256 = "input_sha256"
        }
    }

    /// Who took the batch in, with what.
    public struct Origin: Sendable, Codable, Equatable {
        /// The user's name.
        public var user: String
        /// The machine's name.
        public var host: String
        /// Rollcall's version.
        public var version: String
        /// SHA-256 of the settings, hex.
        public var settingsHash: String
        /// The API's base URL.
        public var endpoint: String
        /// The encryption key's id.
        public var keyID: String
        /// SHA-256 of the client certificate, hex.
        public var certificateFingerprint: String

        enum CodingKeys: String, CodingKey {
            case user, host, version, endpoint
            case settingsHash = "settings_hash"
            case keyID = "key_id"
            case certificateFingerprint = "certificate_fingerprint"
        }
    }

    /// A result file.
    public struct File: Sendable, Codable, Equatable {
        /// Its name in the batch's folder.
        public var name: String
        /// Its size.
        public var bytes: Int
        /// SHA-256 of its content, lower-case hex.
        public var sha256: String
    }
}

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
        /// From the first claim to the end, or to this summary while it runs, by the wall clock, since several
        /// processes may take part: never below 0, even if the clock is set; nil before the first claim.
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
