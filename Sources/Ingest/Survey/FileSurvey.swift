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

/// The pass over a file that fills a `FileSurvey`.
private struct SurveyPass: ~Copyable {
    /// The shortest record that says anything takes some sixty bytes.
    private static let leastBytes = 60
    /// Requests looked up by one statement: its cost is spread, and memory stays small.
    private static let requestsAtATime = 1_000

    private let past: FileSurvey.Past?
    private var survey: FileSurvey
    private var tally = RuleTally()
    private var notes = RuleTally()
    private var builder: RequestBuilder
    /// What tells rows that a spreadsheet has changed; nil for a file that was not given back.
    private var returned: ReturnedLines?
    private var identifiers: DuplicateFilter
    private var requests: DuplicateFilter
    /// Requests that were not in the file before, to be looked up together.
    private var fresh: [(request: RequestFingerprint, hash: UInt64)] = []
    /// What earlier files and this one would call; nil where that is of no use.
    private(set) var answered: AnsweredRequests?

    init(_ file: ExaminedFile, _ past: FileSurvey.Past?, _ answered: AnsweredRequests? = nil) throws {
        self.past = past
        self.answered = answered
        survey = FileSurvey(file)
        let layout = file.file.layout
        // Before the first batch there is no key yet, and any will do: nothing can be found in the past then.
        let accountKey =
            layout.mapping.needsAccountKey ? try past?.store.existingAccountHashKey() ?? .ephemeral() : nil
        let builder = try RequestBuilder(layout: layout, accountKey: accountKey)
        returned = past.flatMap { ReturnedLines(layout, builder.plan, store: $0.store) }
        self.builder = builder
        let most = file.file.byteCount / Self.leastBytes
        identifiers = DuplicateFilter(remembering: most)
        requests = DuplicateFilter(remembering: most)
    }

    mutating func take(_ record: ScannedRecord) throws {
        survey.records += 1
        guard !record.isTooLong else { return refuse([.tooLong], line: record.line) }
        if try builder.build(rawRow: record.bytes, line: record.line, returned: &returned) {
            if !builder.notes.isEmpty { notes.note(builder.notes, line: record.line) }
            if builder.holdsCardLikeID { survey.cardLikeIDs += 1 }
            try takeRequest()
        } else {
            refuse(builder.refusals, line: record.line)
        }
        if !builder.recordID.isEmpty { identifiers.note(builder.recordID) }
    }

    mutating func finished() throws -> FileSurvey {
        try lookUp()
        survey.duplicateIDs = identifiers.repeats
        survey.rules = tally.ranked
        survey.notes = notes.ranked
        return survey
    }

    private mutating func refuse(_ refusals: [Refusal], line: Int) {
        survey.invalid += 1
        tally.note(refusals, line: line)
    }

    private mutating func takeRequest() throws {
        guard !requests.isRepeat(builder.request) else { return survey.duplicateRequests += 1 }
        let hash = answered == nil ? 0 : AnsweredRequests.hash(of: builder.request)
        if let answered, answered.contains(hash) { return survey.reused += 1 }
        guard let past else { return answered?.insert(hash) ?? () }
        fresh.append((try past.store.fingerprint(of: builder.request), hash))
        if fresh.count == Self.requestsAtATime { try lookUp() }
    }

    private mutating func lookUp() throws {
        guard let past, !fresh.isEmpty else { return }
        let prospects = try past.store.blockingReads.prospects(
            of: fresh.map(\.request), answeredSince: past.answeredSince)
        for (prospect, hash) in zip(prospects, fresh.lazy.map(\.hash)) {
            switch prospect {
            case .call: answered?.insert(hash)
            case .reuse: survey.reused += 1
            case .hold: survey.held += 1
            }
        }
        fresh.removeAll(keepingCapacity: true)
    }
}

/// Counts broken rules with the first lines of each.
struct RuleTally {
    /// Lines named for each rule: enough to find the fault in a file.
    private static let linesKept = 10
    /// Rules that name a member of a JSON line are as many as a file has names; memory must not grow with them.
    private static let rulesKept = 200
    private static let another = Refusal(field: nil, rule: "breaks one of too many different rules")
    private var rules: [Refusal: FileSurvey.BrokenRule] = [:]

    /// Counts the rules one record breaks.
    mutating func note(_ refusals: [Refusal], line: Int) {
        for refusal in Set(refusals.map(kept)) {
            var rule = rules[refusal] ?? FileSurvey.BrokenRule(refusal: refusal, count: 0, lines: [])
            rule.count += 1
            if rule.lines.count < Self.linesKept { rule.lines.append(line) }
            rules[refusal] = rule
        }
    }

    private func kept(_ refusal: Refusal) -> Refusal {
        rules[refusal] != nil || rules.count < Self.rulesKept ? refusal : Self.another
    }

    /// The rules with the most frequent first, those as frequent in the order of their first lines.
    var ranked: [FileSurvey.BrokenRule] {
        rules.values.sorted {
            ($1.count, $0.lines.first ?? 0, $0.refusal.description)
                < ($0.count, $1.lines.first ?? 0, $1.refusal.description)
        }
    }
}

/// The requests that files surveyed one after the other would call, whose answers would serve the later ones
/// (`reuse_within`).
///
/// Each is known by 64 bits, so that none is hardly ever taken for another; memory grows by some sixteen bytes a request.
package struct AnsweredRequests: Sendable {
    private var hashes: Set<UInt64> = []

    /// None yet.
    package init() {}

    func contains(_ hash: UInt64) -> Bool { hashes.contains(hash) }

    mutating func insert(_ hash: UInt64) { hashes.insert(hash) }

    static func hash(of request: UnsafeRawBufferPointer) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(bytes: request)
        return UInt64(truncatingIfNeeded: hasher.finalize())
    }
}
