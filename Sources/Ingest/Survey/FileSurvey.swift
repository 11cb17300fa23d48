package import Basics
package import RecordStore

/// What a file would become, found out without a call and without queueing anything: for `rollcall check`.
package struct FileSurvey: Sendable, Equatable {
    /// The file's name, without its folder.
    package let name: String
    /// SHA-256 of the whole content, 32 bytes.
    package let contentDigest: [UInt8]
    /// Records in the file.
    package internal(set) var records = 0
    /// Records that would be `invalid`.
    package internal(set) var invalid = 0
    /// Records whose request is the same as that of an earlier one in the file: that one's call answers them. As good as
    /// exact: memory grows with the file.
    package internal(set) var duplicateRequests = 0
    /// Records whose id is in the file already; that is allowed. Counted with the same means.
    package internal(set) var duplicateIDs = 0
    /// Records that an earlier batch's answer would serve; 0 where no database was looked into.
    package internal(set) var reused = 0
    /// Records that would be held, because an identical one is in doubt; likewise.
    package internal(set) var held = 0
    /// Records that would be sent with an id or account that looks like a payment card number.
    package internal(set) var cardLikeIDs = 0
    /// The rules broken, with the most frequent first.
    package internal(set) var rules: [BrokenRule] = []

    /// What is noted of records that would be sent all the same, the most frequent first.
    package internal(set) var notes: [BrokenRule] = []
    /// Lines that hold no record and are passed over: empty ones, and rows whose cells are all empty.
    package internal(set) var blankLines = 0

    /// Records that would be sent, each of them once and each of them billed, were nothing to go wrong.
    package var billableCalls: Int { records - invalid - duplicateRequests - reused - held }

    /// One rule, and where it is broken; or what is noted, and where.
    package struct BrokenRule: Sendable, Equatable {
        /// Field and rule.
        package let refusal: Refusal
        /// Records that break it.
        package internal(set) var count: Int
        /// The first lines that break it, at most ten.
        package internal(set) var lines: [Int]
    }

    init(_ file: ExaminedFile) {
        name = file.file.name
        contentDigest = file.contentDigest
    }
}

extension FileSurvey {
    /// Where it can be looked up what earlier batches' answers are good for.
    package struct Past: Sendable {
        let store: RecordStore
        let answeredSince: WallTime?

        /// Looks into a database.
        ///
        /// - Parameters:
        ///   - store: the database.
        ///   - answeredSince: from when on an answer may serve; nil: none may.
        package init(store: RecordStore, answeredSince: WallTime?) {
            self.store = store
            self.answeredSince = answeredSince
        }
    }

    /// Reads a file from end to end and applies every rule. It blocks while it does.
    ///
    /// - Parameters:
    ///   - file: the file.
    ///   - past: what went before; nil where nothing did.
    /// - Returns: what would become of its records.
    /// - Throws: `InputError` when the file cannot be read or was changed; `StoreError` when the database cannot be
    ///   read; `OpenSSLError` when an account's id cannot be hashed.
    package static func survey(_ file: ExaminedFile, after past: Past? = nil) throws -> FileSurvey {
        try survey(file, SurveyPass(file, past)).survey
    }

    /// The same for one of several files that are run one after the other, where answers may serve again.
    ///
    /// - Parameters:
    ///   - file: the file.
    ///   - past: what went before; nil where nothing did.
    ///   - answered: what the files before it would call; this one's calls are added.
    /// - Returns: what would become of its records.
    /// - Throws: as without `answered`.
    package static func survey(
        _ file: ExaminedFile, after past: Past?, adding answered: inout AnsweredRequests
    ) throws -> FileSurvey {
        let before = answered
        // One owner, so that nothing is copied as it grows.
        answered = AnsweredRequests()
        let (survey, after) = try survey(file, SurveyPass(file, past, before))
        answered = after ?? AnsweredRequests()
        return survey
    }

    private static func survey(
        _ file: ExaminedFile, _ surveying: consuming SurveyPass
    ) throws -> (survey: FileSurvey, answered: AnsweredRequests?) {
        var records = file.file.records()
        while let record = try records.next() { try surveying.take(record) }
        try file.file.requireUnchanged()
        var survey = try surveying.finished()
        survey.blankLines = records.blankLines
        return (survey, surveying.answered)
    }
}
