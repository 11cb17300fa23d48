import Basics
import OpenSSL

/// Records of one batch on their way into the store: sealed and fingerprinted as they are added, on the caller's
/// thread, and inserted together by ``RecordStore/append(_:checkpoint:)``. Its memory is reused.
package struct RecordChunk: ~Copyable {
    /// Half of an HMAC-SHA-256: among 10⁹ requests two share one with a probability of 2⁻⁶⁹.
    static let fingerprintByteCount = 16

    let batch: BatchID
    let box = SealedRowsBox()
    /// 64 bits of the fingerprint that identifies the last added request among identical ones.
    package private(set) var latestCode: UInt64 = 0
    private var rows = SealedRows()
    private var plaintext: [UInt8] = []
    private var seal: Seal
    private let fingerprints: HMACSHA256

    init(batch: BatchID, seal: consuming Seal, fingerprints: HMACSHA256) {
        self.batch = batch
        self.seal = seal
        self.fingerprints = fingerprints
    }

    /// How many records it holds.
    package var count: Int { rows.rows.count }

    /// How many bytes they take, sealed.
    package var byteCount: Int { rows.arena.count }

    /// Adds a record that is to be sent.
    ///
    /// - Parameters:
    ///   - line: The physical line at which it starts, from 1 (a CSV header is line 1); above all lines added before.
    ///   - id: The record's own id, UTF-8; may be empty.
    ///   - rawRow: The row as it stands in the file.
    ///   - canonicalRequest: The request in canonical form, by which identical records are known.
    ///   - holdsCardLikeID: Whether an id or account of it looks like a payment card number.
    /// - Throws: ``StoreError`` when the line is out of range; an OpenSSL error.
    package mutating func append(
        line: Int, id: UnsafeRawBufferPointer, rawRow: UnsafeRawBufferPointer, canonicalRequest: UnsafeRawBufferPointer,
        holdsCardLikeID: Bool = false
    ) throws {
        let record = try recordID(line)
        let plaintextCount = write(id: id, rawRow: rawRow)
        let fingerprint = rows.reserve(Self.fingerprintByteCount)
        let payload = rows.reserve(plaintextCount + Seal.overhead)
        latestCode = try rows.arena.withUnsafeMutableBytes { arena in
            // The code's 32 bytes reach into the payload's place, which is written afterwards.
            let code = fingerprint.lowerBound..<(fingerprint.lowerBound + HMACSHA256.byteCount)
            try fingerprints.code(
                for: canonicalRequest, into: UnsafeMutableRawBufferPointer(rebasing: arena[code]))
            return arena.loadUnaligned(fromByteOffset: code.lowerBound, as: UInt64.self)
        }
        try sealPlaintext(plaintextCount, record, into: payload)
        rows.rows.append(SealedRow(id: record, fingerprint: fingerprint, payload: payload, detail: nil))
        if holdsCardLikeID { rows.cardLikeIDs += 1 }
    }

    /// Adds a record that is refused before any call.
    ///
    /// - Parameters:
    ///   - line: The physical line at which it starts.
    ///   - id: The record's own id, UTF-8; may be empty.
    ///   - rawRow: The row as it stands in the file.
    ///   - error: The field and the rule it breaks; never the value.
    /// - Throws: ``StoreError`` when the line is out of range; an OpenSSL error.
    package mutating func appendInvalid(
        line: Int, id: UnsafeRawBufferPointer, rawRow: UnsafeRawBufferPointer, error: String
    ) throws {
        let record = try recordID(line)
        let plaintextCount = write(id: id, rawRow: rawRow)
        let payload = rows.reserve(plaintextCount + Seal.overhead)
        try sealPlaintext(plaintextCount, record, into: payload)
        let sealed = try seal.seal(Array(error.utf8), record: record, column: .detail)
        let detail = rows.reserve(0).lowerBound..<(rows.arena.count + sealed.count)
        rows.arena.append(contentsOf: sealed)
        rows.rows.append(SealedRow(id: record, fingerprint: nil, payload: payload, detail: detail))
        rows.invalid += 1
    }

    /// Stores the records where the writing thread takes them.
    mutating func handOver() {
        let rows = self.rows
        self.rows = SealedRows()
        box.put(rows)
    }

    /// Takes back the memory and empties it.
    mutating func takeBack() {
        rows = box.take()
        rows.removeAll()
    }

    private func recordID(_ line: Int) throws -> Int64 {
        guard (1...Int(RecordID.greatestLine)).contains(line) else {
            throw StoreError(.notAllowed, "A file can have at most 4,294,967,295 lines; split it")
        }
        return RecordID(batch: batch, line: line).rawValue
    }

    private mutating func write(id: UnsafeRawBufferPointer, rawRow: UnsafeRawBufferPointer) -> Int {
        let count = SealedPayload.headerByteCount + id.count + rawRow.count
        if plaintext.count < count { plaintext = [UInt8](repeating: 0, count: 2 * count) }
        plaintext.withUnsafeMutableBytes { buffer in
            SealedPayload.write(id: id, rawRow: rawRow, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
        }
        return count
    }

    private mutating func sealPlaintext(_ count: Int, _ record: Int64, into place: Range<Int>) throws {
        try plaintext.withUnsafeBytes { plaintext in
            try rows.arena.withUnsafeMutableBytes { arena in
                try seal.seal(
                    UnsafeRawBufferPointer(rebasing: plaintext[..<count]), record: record, column: .payload,
                    into: UnsafeMutableRawBufferPointer(rebasing: arena[place]))
            }
        }
    }
}

/// Where a sealed record lies in its chunk's arena.
struct SealedRow {
    let id: Int64
    /// 16 bytes; nil for a record that was refused.
    let fingerprint: Range<Int>?
    let payload: Range<Int>
    /// The rule a refused record breaks, sealed.
    let detail: Range<Int>?
}

/// Records ready to be inserted: one arena of bytes, and where each record lies in it.
struct SealedRows {
    var arena: [UInt8] = []
    var rows: [SealedRow] = []
    var invalid = 0
    /// Records with an id or account that looks like a payment card number.
    var cardLikeIDs = 0

    /// Removes the records and keeps the memory.
    mutating func removeAll() {
        arena.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
        (invalid, cardLikeIDs) = (0, 0)
    }

    /// Reserves space at the arena's end.
    mutating func reserve(_ count: Int) -> Range<Int> {
        let start = arena.count
        arena.append(contentsOf: repeatElement(0, count: count))
        return start..<(start + count)
    }
}

/// Passes records between the thread that seals them and the one that inserts them. Only one side has them at a time,
/// so neither copies them.
final class SealedRowsBox: Sendable {
    private let content = Lock(SealedRows())

    /// Takes the content and leaves nothing.
    func take() -> SealedRows {
        content.withLock { content in
            let rows = content
            content = SealedRows()
            return rows
        }
    }

    /// Stores records.
    func put(_ rows: consuming sending SealedRows) {
        content.withLock { $0 = rows }
    }
}

extension RecordStore {
    /// Creates a batch, ingesting, with a data key of its own.
    ///
    /// - Parameters:
    ///   - new: What it is made from.
    ///   - claimedFile: The file's path in `working/`; kept with the batch's number in the same transaction.
    /// - Returns: The batch, named `<file stem>-<number>`.
    /// - Throws: ``StoreError``: ``StoreErrorCode/takenIn`` when an earlier batch of the job has the same content,
    ///   unless it is to be taken in again; when the same file is being read under the same job, the file at that path
    ///   has a batch already, or state can't be written.
    package func createBatch(_ new: NewBatch, claimedFile: ClaimedFile? = nil) async throws -> Batch {
        var new = new
        // So that the batch gets no number of one that a server has lost.
        if let node { try await BlockingWork.run { try reconcileWithNewServer(node) } }
        let period = try await periodKey(forBatchMadeAt: new.madeNow())
        let id = try await write { [new, runnerName, own, sharesFolders] connection in
            let batch = try connection.insert(new, under: period)
            try connection.setHome(of: batch, to: runnerName)
            try claimedFile.map { try connection.bind($0, to: batch, own, areFoldersShared: sharesFolders) }
            return batch
        }
        return try await batch(id)
    }

    /// An empty chunk for a batch's records; ``append(_:checkpoint:)`` returns it for reuse.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notFound`` when there is no such batch or it was erased.
    package func chunk(for batch: BatchID) async throws -> RecordChunk {
        try await RecordChunk(batch: batch, seal: dataKey(of: batch).makeSeal(), fingerprints: keys.fingerprints())
    }

    /// Inserts a chunk's records and moves the batch's checkpoint, in one transaction.
    ///
    /// - Parameters:
    ///   - chunk: The records.
    ///   - checkpoint: Where reading resumes should the process end.
    /// - Returns: The same chunk, emptied, its memory kept.
    /// - Throws: ``StoreError`` when the batch isn't ingesting or a line exists already; nothing is then kept.
    package func append(_ chunk: consuming RecordChunk, checkpoint: Checkpoint) async throws -> RecordChunk {
        let (batch, box) = (chunk.batch, chunk.box)
        chunk.handOver()
        let last = readUpTo.withLock { $0[batch] }
        try await write { connection in
            try connection.requireHome(of: batch)
            try connection.requireLines(of: batch, upTo: last)
            try connection.append(from: box, to: batch, checkpoint: checkpoint)
        }
        readUpTo.withLock { $0[batch] = checkpoint }
        chunk.takeBack()
        return chunk
    }
}

/// The statements that take records in.
struct IngestStatements {
    /// A statement's own work costs as much as that for some rows, so in a file it inserts so many.
    private static let rowsAtATime = 16
    /// The columns of ``insertRecord`` and ``insertRecords``.
    static let recordColumns: Int32 = 4

    let insertRecord: RowsStatement
    /// Inserts ``recordsAtATime`` rows.
    let insertRecords: PreparedStatement
    let recordsAtATime: Int
    let insertInvalid: RowsStatement
    let checkpoint: PreparedStatement

    init(_ database: StoreConnection) throws {
        // Those for a server are rows of one statement anyway.
        recordsAtATime = database.isFile ? Self.rowsAtATime : .max
        insertRecord = try RowsStatement(database, Self.insertion(of: 1), [.integer, .integer, .bytes, .bytes])
        insertRecords = try database.prepare(Self.insertion(of: Self.rowsAtATime))
        insertInvalid = try RowsStatement(
            database, "INSERT INTO results (record_id, completed_at, detail) VALUES (?1, ?2, ?3)",
            [.integer, .integer, .bytes])
        checkpoint = try database.prepare(
            """
            UPDATE batches SET checkpoint_offset = ?2, checkpoint_line = ?3, doubted_lines = doubted_lines - ?4,
              card_like_ids = card_like_ids + ?5
            WHERE id = ?1
            """)
    }

    private static func insertion(of rows: Int) -> String {
        let places = (0..<Int32(rows)).map { row in
            let columns = (1...recordColumns).map { "?\(row * recordColumns + $0)" }
            return "(\(columns.joined(separator: ", ")))"
        }
        return "INSERT INTO records (id, status, fingerprint, payload) VALUES \(places.joined(separator: ", "))"
    }
}

extension WriterConnection {
    /// Refuses to go on behind lines of a file that a server which was replaced had lost.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/stateNotWritten``: the next start reads them again.
    func requireLines(of batch: BatchID, upTo last: Checkpoint?) throws {
        guard let last, case .postgreSQL = database.engine else { return }
        let line = try Int64.fetchOne(
            database, sql: "SELECT checkpoint_line FROM batches WHERE id = ?", arguments: [batch.rawValue])
        guard line == last.line else {
            throw StoreError(
                .stateNotWritten,
                "The database's server was replaced and had lost lines of a file that was being read: start again")
        }
    }

    /// Inserts a chunk and moves the batch's checkpoint. The rows stay where they are: the transaction may be undone, and
    /// done again.
    func append(from box: SealedRowsBox, to batch: BatchID, checkpoint: Checkpoint) throws {
        let rows = box.take()
        do {
            try append(rows, to: batch, checkpoint: checkpoint)
        } catch {
            box.put(rows)
            throw error
        }
        box.put(rows)
    }

    /// Inserts a chunk and moves the batch's checkpoint.
    func append(_ rows: SealedRows, to batch: BatchID, checkpoint: Checkpoint) throws {
        let row = try batchRow(batch)
        guard row.state == .ingesting else { throw StoreError.wrongState(batch, row.state, to: "take records in") }
        try requireLiveKey(of: batch)
        // Records that a restored database cannot vouch for start in doubt; see LedgerReconciliation.
        let (doubted, doubtedCalls) = try doubted(rows, calling: row.doubtedLines)
        try insert(rows, doubted: doubted)
        try move(checkpoint, of: batch, doubted: doubtedCalls, cardLikeIDs: rows.cardLikeIDs)
        var counts = BatchCounts()
        counts.total = rows.rows.count
        counts.invalid = rows.invalid
        counts.inDoubt = doubted
        counts.queued = rows.rows.count - rows.invalid - doubted
        try add(counts, to: batch)
    }

    /// How many of the first records so many calls may have been for. One that an earlier answer may have spared its call is
    /// among them, but does not count.
    private func doubted(_ rows: SealedRows, calling calls: Int) throws -> (records: Int, calls: Int) {
        var (records, left) = (0, calls)
        guard calls > 0 else { return (0, 0) }
        for case let fingerprint? in rows.rows.lazy.map(\.fingerprint) where left > 0 {
            records += 1
            let isAnswered = try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM answers WHERE fingerprint = ?)",
                arguments: [Array(rows.arena[fingerprint])])
            if isAnswered != true { left -= 1 }
        }
        return (records, calls - left)
    }

    private func insert(_ rows: SealedRows, doubted: Int) throws {
        var (inDoubtLeft, start) = (doubted, 0)
        let now = WallTime.now()
        try rows.arena.withUnsafeBytes { arena in
            while start < rows.rows.count {
                let isGroup = rows.rows.count - start >= ingest.recordsAtATime
                let statement = isGroup ? ingest.insertRecords : ingest.insertRecord.row
                let group = rows.rows[start..<(start + (isGroup ? ingest.recordsAtATime : 1))]
                for row in group {
                    let inDoubt = inDoubtLeft > 0 && row.fingerprint != nil
                    if inDoubt { inDoubtLeft -= 1 }
                    let status: RecordStatus = inDoubt ? .inDoubt : row.fingerprint == nil ? .invalid : .queued
                    let place = Int32(truncatingIfNeeded: start - group.startIndex)
                    bind(row, arena, status, after: place * IngestStatements.recordColumns, to: statement)
                    start += 1
                }
                if isGroup { try statement.run() } else { try ingest.insertRecord.add() }
                for row in group { if let detail = row.detail { try insertResult(row.id, arena[detail], now) } }
                if start.isMultiple(of: RowsStatement.most) { try writeRows() }
            }
            try writeRows()
        }
    }

    /// Writes records before the results that refer to them.
    private func writeRows() throws {
        try ingest.insertRecord.flush()
        try ingest.insertInvalid.flush()
    }

    /// Binds the columns of a row to the parameters after one; they must stay where they are until the statement has run.
    private func bind(
        _ row: SealedRow, _ arena: UnsafeRawBufferPointer, _ status: RecordStatus, after last: Int32,
        to statement: PreparedStatement
    ) {
        statement.bind(row.id, at: last + 1)
        statement.bind(status.code, at: last + 2)
        if let fingerprint = row.fingerprint {
            statement.bind(unowned: UnsafeRawBufferPointer(rebasing: arena[fingerprint]), at: last + 3)
        } else {
            statement.bind(nil as Int64?, at: last + 3)
        }
        statement.bind(unowned: UnsafeRawBufferPointer(rebasing: arena[row.payload]), at: last + 4)
    }

    private func insertResult(_ record: Int64, _ detail: Slice<UnsafeRawBufferPointer>, _ now: WallTime) throws {
        let statement = ingest.insertInvalid.row
        statement.bind(record, at: 1)
        statement.bind(now, at: 2)
        statement.bind(unowned: UnsafeRawBufferPointer(rebasing: detail), at: 3)
        try ingest.insertInvalid.add()
    }

    private func move(_ checkpoint: Checkpoint, of batch: BatchID, doubted: Int, cardLikeIDs: Int) throws {
        let statement = ingest.checkpoint
        statement.bind(batch.rawValue, at: 1)
        statement.bind(checkpoint.byteOffset, at: 2)
        statement.bind(checkpoint.line, at: 3)
        statement.bind(Int64(doubted), at: 4)
        statement.bind(Int64(cardLikeIDs), at: 5)
        try statement.run()
    }
}
