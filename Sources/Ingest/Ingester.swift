import Basics
package import RecordStore

/// Takes a file into the store in constant memory: while one chunk is being stored the next is read, mapped, checked
/// and sealed. Each chunk is one transaction together with the place where reading resumes, so that a file whose
/// reading was cut short at any point is continued without a line lost or doubled.
package struct Ingester: Sendable {
    private let store: RecordStore
    private let chunkSize: IngestFeed.ChunkSize

    /// Takes files into a store.
    ///
    /// - Parameter store: the store.
    package init(store: RecordStore) {
        self.init(store: store, chunkSize: IngestFeed.ChunkSize())
    }

    init(store: RecordStore, chunkSize: IngestFeed.ChunkSize) {
        self.store = store
        self.chunkSize = chunkSize
    }

    /// Reads a file into its batch, from where an earlier reading ended.
    ///
    /// Lines whose request is that of an earlier one are linked to it, so that they are answered by its call.
    ///
    /// The batch stays `ingesting`; the caller, who knows what comes next, finishes the ingest. When the task is
    /// cancelled it ends between two chunks, and can be continued.
    ///
    /// - Parameters:
    ///   - examined: the file.
    ///   - batch: the batch made for it.
    ///   - progress: called after each chunk with how far into the file it reaches, in bytes. What it throws ends the
    ///     reading, which can be continued.
    /// - Returns: what this call read.
    /// - Throws: `InputError` when the file is not the batch's, cannot be read, or was changed; `StoreError`;
    ///   `CancellationError`; what `progress` throws.
    package func ingest(
        _ examined: ExaminedFile, into batch: Batch, progress: @Sendable (Int) throws -> Void = { _ in }
    ) async throws -> IngestSummary {
        try requireSame(examined, batch)
        return try await BlockingWork.runTask { try await read(examined, into: batch, progress: progress) }
    }

    /// Reads on a thread that may block, as disks and shares do.
    private func read(
        _ examined: ExaminedFile, into batch: Batch, progress: @Sendable (Int) throws -> Void
    ) async throws -> IngestSummary {
        let layout = try RecordLayout(decoding: await store.layout(of: batch.id))
        var feed = try IngestFeed(
            examined.file, layout: layout, from: batch.checkpoint, store: store,
            accountKey: layout.mapping.needsAccountKey ? await store.accountHashKey() : nil, chunkSize: chunkSize)
        var full = ChunkBox(try await store.chunk(for: batch.id))
        var spare = ChunkBox(try await store.chunk(for: batch.id))
        var filled = try full.fill(from: &feed)
        while let checkpoint = filled {
            try Task.checkCancellation()
            let storing = full
            async let stored: Void = storing.store(in: store, checkpoint: checkpoint)
            filled = try spare.fill(from: &feed)
            try await stored
            try progress(Int(checkpoint.byteOffset))
            swap(&full, &spare)
        }
        var summary = feed.summary
        // Most files repeat nothing, and the feed knows; where it can't, all lines are compared.
        if feed.mayHoldRepeats { summary.repeatedRequests = try await store.linkRepeats(of: batch.id) }
        return summary
    }

    private func requireSame(_ examined: ExaminedFile, _ batch: Batch) throws(InputError) {
        guard examined.contentDigest == batch.contentDigest else {
            throw InputError(
                file: examined.file.name,
                rule: "is not the file of batch \(batch.name): its content differs; submit it as a file of its own")
        }
    }
}

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
    /// Whether some lines were read by an earlier call and not seen by this one.
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
    ///   - accountKey: the key of the transform `hmac-sha256`, where the layout needs it.
    ///   - chunkSize: where a chunk is full.
    /// - Throws: `InputError` for a layout that makes no request.
    init(
        _ file: InputFile, layout: RecordLayout, from checkpoint: Checkpoint, store: RecordStore,
        accountKey: AccountHashKey?, chunkSize: ChunkSize
    ) throws {
        self.file = file
        self.chunkSize = chunkSize
        isContinued = checkpoint != .start
        records = file.records(from: isContinued ? (Int(checkpoint.byteOffset), Int(checkpoint.line)) : nil)
        builder = try RequestBuilder(layout: layout, accountKey: accountKey)
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
    /// - Returns: where the next record starts; nil where there was none left.
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
                line: record.line, id: builder.recordID, rawRow: record.bytes, canonicalRequest: builder.request,
                holdsCardLikeID: builder.holdsCardLikeID)
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

    /// The row is not kept: its length is unbounded, and memory is not.
    private mutating func addTooLong(line: Int, to chunk: inout RecordChunk) throws {
        tally.invalid += 1
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        try chunk.appendInvalid(line: line, id: nothing, rawRow: nothing, error: Refusal.tooLong.description)
    }
}

/// What one call that reads a file brought.
package struct IngestSummary: Sendable, Equatable {
    /// The physical line from 1 at which this go began; above the first record's where an earlier one was continued.
    package internal(set) var startLine = 0
    /// Records put into the store by this call.
    package internal(set) var records = 0
    /// Those of them that are `invalid`.
    package internal(set) var invalid = 0
    /// Those of them whose id was there already; that is allowed. Memory is bounded: up to some half a million records
    /// the count is as good as exact, beyond it says at least how many.
    package internal(set) var duplicateIDs = 0
    /// Records of the whole file whose request is that of an earlier line: its call answers them, too.
    package internal(set) var repeatedRequests = 0
    /// Lines that hold no record and were passed over: empty ones, and rows whose cells are all empty.
    package internal(set) var blankLines = 0
    /// What is noted of records that may be sent, the most frequent first.
    package internal(set) var notes: [FileSurvey.BrokenRule] = []
}

/// Holds a chunk while it is passed between the task that fills it and the child task that stores it.
///
/// Sendable by this rule, which `Ingester` follows: between the start of `store(in:checkpoint:)` and the end of
/// awaiting it no one else touches the box, so that only one task at a time has the chunk.
final class ChunkBox: @unchecked Sendable {
    private var chunk: RecordChunk?

    init(_ chunk: consuming RecordChunk) {
        self.chunk = consume chunk
    }

    /// Fills the chunk.
    ///
    /// - Returns: where reading continues; nil where the file is at its end.
    func fill(from feed: inout IngestFeed) throws -> Checkpoint? {
        guard var filling = chunk.take() else { return nil }
        let checkpoint = try feed.fill(&filling)
        chunk = consume filling
        return checkpoint
    }

    /// Stores the chunk's records together with the checkpoint, and takes the emptied chunk back.
    func store(in store: RecordStore, checkpoint: Checkpoint) async throws {
        guard let full = chunk.take() else { return }
        chunk = try await store.append(full, checkpoint: checkpoint)
    }
}
