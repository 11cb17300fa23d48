import RecordStore

/// The way from a file into chunks: reads, maps, checks, and hands each record to a chunk, which seals it.
struct IngestFeed: ~Copyable {
    /// Where a chunk is full: by records, or by sealed bytes.
    struct ChunkSize: Sendable {
        var records = 5_000
        var bytes = 2 << 20
    }

    private let file: InputFile
    private let chunkSize: ChunkSize
    private var records: RecordReader
    private var builder: RequestBuilder
    /// What tells rows that a spreadsheet has changed; nil for a file that was not given back.
    private var returned: ReturnedLines?
    private var identifiers = DuplicateFilter()
    private var requests = DuplicateFilter()
    /// Whether lines of an earlier go were not seen by this one.
    private let isContinued: Bool
    private var tally = IngestSummary()
    private var notes = RuleTally()

    /// Begins at a checkpoint, or at the first record where nothing has been stored yet.
    ///
    /// - Parameters:
    ///   - file: the file.
    ///   - layout: the layout stored with the batch: what is checked by it now is what will be sent by it.
    ///   - checkpoint: how far an earlier reading got.
    ///   - store: where the lines are that came back.
    ///   - chunkSize: where a chunk is full.
    /// - Throws: `InputError` for a layout that makes no request.
    init(
        _ file: InputFile, layout: RecordLayout, from checkpoint: Checkpoint, store: RecordStore, chunkSize: ChunkSize
    ) throws {
        self.file = file
        self.chunkSize = chunkSize
        isContinued = checkpoint != .start
        records = file.records(from: isContinued ? (Int(checkpoint.byteOffset), Int(checkpoint.line)) : nil)
        builder = try RequestBuilder(layout: layout)
        returned = ReturnedLines(layout, builder.plan, store: store)
        tally.startLine = records.line
    }

    /// What has been handed on so far.
    var summary: IngestSummary {
        mutating get {
            tally.duplicateIDs = identifiers.repeats
            tally.blankLines = records.blankLines
            tally.notes = notes.ranked
            return tally
        }
    }

    /// Whether any request may repeat that of an earlier line; false only where that is certain.
    var mayHoldRepeats: Bool {
        mutating get { isContinued || requests.repeats > 0 || requests.mayHaveMissed }
    }

    /// Fills a chunk.
    ///
    /// - Returns: where the record behind the last one stands; nil where there was none left.
    /// - Throws: `InputError` when the file cannot be read or was changed, `StoreError`, `OpenSSLError`.
    mutating func fill(_ chunk: inout RecordChunk) throws -> Checkpoint? {
        while chunk.count < chunkSize.records, chunk.byteCount < chunkSize.bytes, let record = try records.next() {
            try add(record, to: &chunk)
        }
        try file.requireUnchanged()
        guard chunk.count > 0 else { return nil }
        return Checkpoint(byteOffset: Int64(records.offset), line: Int64(records.line))
    }

    private mutating func add(_ record: ScannedRecord, to chunk: inout RecordChunk) throws {
        tally.records += 1
        guard !record.isTooLong else { return try addTooLong(line: record.line, to: &chunk) }
        if try builder.build(rawRow: record.bytes, line: record.line, returned: &returned) {
            try chunk.append(
                line: record.line, id: builder.recordID, rawRow: record.bytes, canonicalRequest: builder.request)
            requests.note(hash: chunk.latestCode)
            if !builder.notes.isEmpty { notes.note(builder.notes, line: record.line) }
        } else {
            tally.invalid += 1
            try chunk.appendInvalid(
                line: record.line, id: builder.recordID, rawRow: record.bytes, error: Refusal.text(of: builder.refusals)
            )
        }
        if !builder.recordID.isEmpty { identifiers.note(builder.recordID) }
    }

    /// The row is not kept: it is as long as it likes, and memory is not.
    private mutating func addTooLong(line: Int, to chunk: inout RecordChunk) throws {
        tally.invalid += 1
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        try chunk.appendInvalid(line: line, id: nothing, rawRow: nothing, error: Refusal.tooLong.description)
    }
}
