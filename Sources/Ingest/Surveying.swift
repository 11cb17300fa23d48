import RecordStore

/// The pass over a file that fills a `FileSurvey`.
struct SurveyPass: ~Copyable {
    /// The shortest record that says anything takes some sixty bytes.
    private static let leastBytes = 60
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
    /// What files before this one and this one would call; nil where that serves nobody.
    private(set) var answered: AnsweredRequests?

    init(_ file: ExaminedFile, _ past: FileSurvey.Past?, _ answered: AnsweredRequests? = nil) throws {
        self.past = past
        self.answered = answered
        survey = FileSurvey(file)
        let builder = try RequestBuilder(layout: file.file.layout)
        returned = past.flatMap { ReturnedLines(file.file.layout, builder.plan, store: $0.store) }
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
        let prospects = try past.store.prospects(of: fresh.map(\.request), answeredSince: past.answeredSince)
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
