import Foundation
import OpenSSL

/// How far the ledger got, kept outside the database in `<database>.mark`.
///
/// After each commit that opened attempts, and before any of their calls can leave, the highest attempt id is written
/// here and synchronized. So the mark is never ahead of a database that was not replaced, whenever a crash happens; a
/// restored database is always behind it as soon as a single call was claimed since the copy. The mark names its
/// database, so that one left over from another is not mistaken for it.
final class LedgerHighWaterMark: Sendable {
    private static let magic = Array("rollcall ledger mark 1\n".utf8)
    private static let byteCount = magic.count + 16 + 8

    private let file: StoreFile
    private let storeID: [UInt8]

    /// Opens the mark of a database, creating it when it is missing.
    init(database: String, storeID: [UInt8]) throws {
        file = try PrivateFile.open(database + ".mark")
        self.storeID = storeID
    }

    /// What the mark of a database says: the highest attempt id known to have been claimed.
    ///
    /// - Throws: ``StoreError`` when it exists and cannot be read.
    static func find(ofDatabase path: String, storeID: [UInt8]) throws -> LedgerWitness<Int64> {
        guard FileManager.default.fileExists(atPath: path + ".mark") else { return .missing }
        let bytes = try StoreFile(path + ".mark", O_RDONLY).read(upTo: byteCount)
        // Created by a process that was killed before it wrote anything.
        if bytes.isEmpty { return .missing }
        guard bytes.count == byteCount, bytes.starts(with: magic) else { return .unreadable }
        guard bytes.starts(with: magic + storeID) else { return .foreign }
        return .own(bytes.integer(at: magic.count + storeID.count))
    }

    /// The database that a mark belongs to; nil when there is no mark.
    static func owner(ofDatabase path: String) throws -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: path + ".mark") else { return nil }
        let bytes = try StoreFile(path + ".mark", O_RDONLY).read(upTo: byteCount)
        guard bytes.count == byteCount, bytes.starts(with: magic) else { return nil }
        return Array(bytes[magic.count..<(magic.count + 16)])
    }

    /// Records that attempts up to an id are claimed; returns once it would survive a power cut.
    func advance(to attempt: Int64) throws {
        try file.write(Self.magic + storeID + attempt.bytes)
        try file.synchronizeContent()
    }
}

/// Which batches had calls, kept outside the database behind the ledger's mark, in `<database>.mark`.
///
/// The mark tells how many attempts a restored database lacks; the journal tells which files it has no record of, so that
/// they are not taken in as new and paid for again. An entry is synchronized before the first claim of its batch; an
/// entry for a batch that the database knows adds nothing.
final class BatchJournal: Sendable {
    /// The mark's own place, and some space for it to grow.
    private static let start = 64
    /// A SHA-256; see ``source(job:contentDigest:)``.
    private static let sourceByteCount = 32
    /// The batch's number, big-endian, and its source.
    private static let entryByteCount = 8 + sourceByteCount

    /// A batch by its number and by what it was made from.
    struct Entry: Hashable, Sendable {
        let batch: Int64
        let source: [UInt8]
    }

    /// The SHA-256 of a job's name, a zero byte, and a file's digest: together they identify a file.
    static func source(job: String, contentDigest: [UInt8]) throws -> [UInt8] {
        try SHA256.digest(Array(job.utf8) + [0] + contentDigest)
    }

    private let file: StoreFile

    /// Opens the journal of a database. Whatever follows another database's mark, or none, is meaningless and discarded.
    init(database: String, isOwn: Bool) throws {
        file = try PrivateFile.open(database + ".mark")
        if !isOwn, try file.byteCount() > Self.start { try file.truncate(to: Self.start) }
    }

    /// Opens or makes that of one of several runners, in its folder.
    init(ofNode folder: String) throws {
        file = try PrivateFile.open(folder + "/batches")
    }

    /// Drops from that of one of several runners all but some batches, before it is opened.
    static func shorten(ofNode folder: String, to batches: Set<Int64>) throws {
        let path = folder + "/batches"
        guard FileManager.default.fileExists(atPath: path) else { return }
        let known = try entries(in: StoreFile(path, O_RDONLY))
        let kept = known.filter { batches.contains($0.batch) }
        if kept.count < known.count {
            try PrivateFile.replace(path, with: [UInt8](repeating: 0, count: start) + bytes(of: kept))
        }
    }

    /// All entries, in the order of their claims.
    func entries() throws -> [Entry] {
        try Self.entries(in: file)
    }

    /// The same for a reader.
    static func entries(ofDatabase path: String) throws -> [Entry] {
        guard FileManager.default.fileExists(atPath: path + ".mark") else { return [] }
        return try entries(in: StoreFile(path + ".mark", O_RDONLY))
    }

    private static func entries(in file: borrowing StoreFile) throws -> [Entry] {
        let bytes = try file.read(upTo: file.byteCount()).dropFirst(start)
        let count = bytes.count / entryByteCount
        return (0..<count).compactMap { index in
            let first = bytes.startIndex + index * entryByteCount
            let batch = bytes[first..<(first + 8)].reduce(0) { $0 << 8 | Int64($1) }
            // An entry torn by a power cut belongs to a batch none of whose calls left.
            return batch > 0 ? Entry(batch: batch, source: Array(bytes[(first + 8)..<(first + 40)])) : nil
        }
    }

    /// Adds entries; returns once they would survive a power cut. An entry left half written is overwritten.
    func append(_ entries: [Entry]) throws {
        guard !entries.isEmpty else { return }
        let whole = max(0, try file.byteCount() - Self.start) / Self.entryByteCount
        try file.write(Self.bytes(of: entries), at: Self.start + whole * Self.entryByteCount)
        try file.synchronize()
    }

    private static func bytes(of entries: [Entry]) -> [UInt8] {
        entries.flatMap { entry in withUnsafeBytes(of: entry.batch.bigEndian) { $0 + entry.source } }
    }
}

extension WriterConnection {
    /// Records the batches that the journal knows and a restored database does not, and never reuses their numbers.
    ///
    /// - Returns: How many there are.
    func rememberUnknown(_ entries: [BatchJournal.Entry], lost: Int64) throws -> Int {
        let last = try lastBatch()
        let unknown = entries.filter { $0.batch > last }
        for entry in unknown {
            try database.execute(
                sql: """
                    INSERT INTO unknown_batches (id, source, lost_attempts) VALUES (?, ?, ?)
                    ON CONFLICT (id, source) DO UPDATE SET lost_attempts = excluded.lost_attempts
                    """,
                arguments: [entry.batch, entry.source, lost])
        }
        if let greatest = unknown.map(\.batch).max() { try database.setLastBatchNumber(greatest) }
        return Set(unknown.map(\.batch)).count
    }

    /// How many of a new batch's lines may have been sent by an earlier batch of its file of which the database knows nothing,
    /// or that was not read to its end, and the number of that batch.
    func unknownCalls(_ new: NewBatch) throws -> (batch: Int64, calls: Int64)? {
        let source = try BatchJournal.source(job: new.job, contentDigest: new.contentDigest)
        // Earlier versions remembered nothing of a batch that was over before its file was read.
        let sql = """
            SELECT max(id), max(calls) FROM (
              SELECT id, lost_attempts AS calls FROM unknown_batches WHERE source = ?1
              UNION ALL SELECT id, doubted_lines + calls FROM batches
                WHERE content_digest = ?2 AND job = ?3 AND ingested = 0 AND finished_at IS NOT NULL
                  AND doubted_lines + calls > 0) AS earlier
            HAVING count(*) > 0
            """
        return try StoredRow.fetchOne(database, sql: sql, arguments: [source, new.contentDigest, new.job])
            .map { ($0[0], $0[1]) }
    }

    /// Remembers of a batch that is over before its file was read to its end how many of the file's lines may have been sent:
    /// the end of its reading was lost by a restore or with a server.
    func rememberUnread(_ batch: BatchID) throws {
        let row = try StoredRow.fetchOne(
            database,
            sql: """
                SELECT job, content_digest, doubted_lines + calls + (
                  SELECT count(*) FROM records
                  WHERE records.id > ?1 << 32 AND records.id < (?1 + 1) << 32 AND status = 4 AND attempts = 0)
                FROM batches WHERE id = ?1
                """, arguments: [batch.rawValue])
        guard let row, row[2] > 0 else { return }
        try rememberLost(row[2], of: batch, from: BatchJournal.source(job: row[0], contentDigest: row.bytes(1)))
    }

    /// Remembers that so many further calls of a batch are known from elsewhere only.
    func rememberLost(_ lost: Int, of batch: BatchID, from source: [UInt8]) throws {
        try database.execute(
            sql: """
                INSERT INTO unknown_batches (id, source, lost_attempts) VALUES (?, ?, ?)
                ON CONFLICT (id, source) DO UPDATE SET
                  lost_attempts = unknown_batches.lost_attempts + excluded.lost_attempts
                """, arguments: [batch.rawValue, source, lost])
    }

    /// The greatest number any batch ever had.
    func lastBatch() throws -> Int64 {
        try database.lastBatchNumber()
    }

    /// Skips numbers for unknown batches, so that no new batch gets the number, and the results folder, of one of them.
    func skipUnknownBatches() throws {
        try database.setLastBatchNumber(lastBatch() + Self.unknownBatches)
    }

    /// More batches than anybody creates between two copies.
    private static let unknownBatches: Int64 = 10_000
}
