/// What a file would become, found out without a store and without a call: for `rollcall check`.
public struct FileSurvey: Sendable, Equatable {
    /// The file's name, without its folder.
    public let name: String
    /// SHA-256 of the whole content, 32 bytes.
    public let contentDigest: [UInt8]
    /// Records in the file.
    public internal(set) var records = 0
    /// Records that would be `invalid`.
    public internal(set) var invalid = 0
    /// Records whose request is the same as that of an earlier one in the file. Memory is bounded: up to a million
    /// records the count is as good as exact, beyond it is an estimate.
    public internal(set) var duplicateRequests = 0
    /// Records whose id stands in the file already; that is allowed. Counted with the same bound.
    public internal(set) var duplicateIDs = 0
    /// The rules broken, with the most frequent first.
    public internal(set) var rules: [BrokenRule] = []

    /// Records that would be sent, each of them billed.
    public var billableCalls: Int { records - invalid }

    /// One rule, and where it is broken.
    public struct BrokenRule: Sendable, Equatable {
        /// Field and rule.
        public let refusal: Refusal
        /// Records that break it.
        public internal(set) var count: Int
        /// The first lines that break it, at most ten.
        public internal(set) var lines: [Int]
    }

    init(_ file: ExaminedFile) {
        name = file.file.name
        contentDigest = file.contentDigest
    }
}

extension FileSurvey {
    /// Reads a file from end to end and applies every rule.
    ///
    /// - Parameter file: the file.
    /// - Returns: what would become of its records.
    /// - Throws: `InputError` when the file cannot be read or was changed; `OpenSSLError` when an account's id cannot
    ///   be hashed.
    public static func survey(_ file: ExaminedFile) throws -> FileSurvey {
        var survey = FileSurvey(file)
        var tally = RuleTally()
        var records = file.file.records()
        var builder = try RequestBuilder(layout: file.file.layout)
        var identifiers = DuplicateFilter()
        var requests = DuplicateFilter()
        while let record = try records.next() {
            survey.records += 1
            if record.isTooLong {
                survey.invalid += 1
                tally.note([.tooLong], line: record.line)
                continue
            }
            if try builder.build(rawRow: record.bytes, line: record.line) {
                requests.note(builder.request)
            } else {
                survey.invalid += 1
                tally.note(builder.refusals, line: record.line)
            }
            if !builder.recordID.isEmpty { identifiers.note(builder.recordID) }
        }
        try file.file.requireUnchanged()
        survey.duplicateRequests = requests.repeats
        survey.duplicateIDs = identifiers.repeats
        survey.rules = tally.ranked
        return survey
    }
}
