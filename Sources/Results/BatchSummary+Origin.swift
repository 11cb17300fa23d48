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
