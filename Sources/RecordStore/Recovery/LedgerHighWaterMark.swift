import Foundation
import GRDB
import OpenSSL
import Synchronization

/// The files outside the database that record how far its ledger got and which batches had calls: the mark beside it,
/// followed by the trail, and the trace in `keys_folder`.
struct LedgerFiles: Sendable {
    let mark: LedgerHighWaterMark
    let trail: BatchJournal
    let trace: LedgerTrace

    /// Makes sure that attempts up to an id may be committed.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/stateNotWritten``.
    func reserve(upTo attempt: Int64) throws {
        try trace.reserve(upTo: attempt)
    }

    /// Records that attempts up to an id are committed; their calls may leave when it returns. The mark is synchronized
    /// first: it is never behind the trace unless it was replaced by an older copy.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/stateNotWritten``.
    func advance(to attempt: Int64) throws {
        try mark.advance(to: attempt)
        try trace.advance(to: attempt)
    }

    /// Names batches before their first claim.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/stateNotWritten``.
    func append(_ entries: [BatchJournal.Entry]) throws {
        try trail.append(entries)
        try trace.append(entries)
    }

    /// Records, when nothing more will be claimed, that the trace's bound is exact.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/stateNotWritten``.
    func settle() throws {
        try trace.settle(at: trace.position.claimed)
    }
}

extension LedgerFiles {
    /// Opens or creates them for the process that runs the database; afterwards each names the batches that any of them
    /// named. A trace that cannot vouch is replaced by a new one, from which the ledger continues.
    ///
    /// - Parameters:
    ///   - places: Where they lie.
    ///   - storeID: The database.
    ///   - sealingKey: The key that the trace is sealed with.
    ///   - evidence: The evidence found before, already accepted.
    /// - Returns: The files, and the batches that had calls.
    /// - Throws: ``StoreError`` when one cannot be read or created.
    static func open(
        at places: LedgerPlaces, for storeID: [UInt8], _ sealingKey: SealingKey, after evidence: LedgerEvidence
    ) throws -> (files: LedgerFiles, entries: [BatchJournal.Entry]) {
        let verdict = LedgerReconciliation(evidence)
        let mark = try LedgerHighWaterMark(database: places.database, storeID: storeID)
        let trail = try BatchJournal(database: places.database, isOwn: evidence.mark.content != nil)
        let found = try LedgerTrace.find(
            in: places.keysFolder, storeID: storeID, sealingKey: sealingKey, flags: O_RDWR)
        let inTrail = try trail.entries()
        // Opening each has a cost, and normally both name the same batches.
        let areSame = try verdict == .whole && found.content?.entryCount() == inTrail.count
        let inTrace = areSame ? inTrail : try found.content?.entries() ?? []
        let all = inTrail + inTrace.filter { !Set(inTrail).contains($0) }
        if !areSame { try trail.append(all.filter { !Set(inTrail).contains($0) }) }
        let trace: LedgerTrace
        if case .own(let own) = found, !verdict.isUnknown {
            trace = own
            if !areSame { try trace.append(all.filter { !Set(inTrace).contains($0) }) }
        } else {
            let last = verdict.lastAttempt(after: evidence)
            trace = try LedgerTrace.make(
                in: places.keysFolder, storeID: storeID, sealingKey: sealingKey,
                position: LedgerTrace.Position(claimed: last, reserved: last), entries: all)
        }
        return (LedgerFiles(mark: mark, trail: trail, trace: trace), all)
    }
}

/// Where the files that record how far a database's ledger got lie.
struct LedgerPlaces: Sendable {
    let database: String
    let keysFolder: String

    /// The existing ones, by the paths people know.
    var existing: [String] {
        let mark = DatabaseFile.byteCount(database + ".mark") > 0 ? [database + ".mark"] : []
        return mark + (LedgerTrace.exists(in: keysFolder) ? [LedgerTrace.path(in: keysFolder)] : [])
    }

    /// The databases whose mark and trace lie there.
    func owners() throws -> [[UInt8]] {
        [try LedgerHighWaterMark.owner(ofDatabase: database), try LedgerTrace.owner(in: keysFolder)].compactMap { $0 }
    }

    /// All evidence of how far a database's ledger got, when no runner can be at work.
    ///
    /// - Throws: ``StoreError`` when something can't be read.
    func evidence(of ledger: LedgerEvidence.Ledger?, _ storeID: [UInt8], _ sealingKey: SealingKey) throws
        -> LedgerEvidence
    {
        LedgerEvidence(
            ledger: ledger, mark: try LedgerHighWaterMark.find(ofDatabase: database, storeID: storeID),
            trace: try trace(storeID, sealingKey))
    }

    /// The same beside a runner. Trace, mark and ledger are read in this order: each is never ahead of the next, which
    /// is read after it. The reserved range is never behind a ledger read earlier.
    ///
    /// - Throws: ``StoreError`` when something can't be read.
    func evidence(in pool: DatabasePool, _ storeID: [UInt8], _ sealingKey: SealingKey) throws -> LedgerEvidence {
        let before = try trace(storeID, sealingKey)
        let mark = try LedgerHighWaterMark.find(ofDatabase: database, storeID: storeID)
        let ledger = try pool.read { try LedgerEvidence.Ledger($0) }
        var trace = try trace(storeID, sealingKey)
        if case .own(let first) = before, case .own(let last) = trace {
            trace = .own(LedgerTrace.Position(claimed: first.claimed, reserved: last.reserved))
        }
        return LedgerEvidence(ledger: ledger, mark: mark, trace: trace)
    }

    private func trace(
        _ storeID: [UInt8], _ sealingKey: SealingKey
    ) throws -> LedgerWitness<LedgerTrace.Position> {
        try LedgerTrace.find(in: keysFolder, storeID: storeID, sealingKey: sealingKey).map(\.position)
    }
}

extension LedgerEvidence.Ledger {
    /// Reads it from a database of any version that has its identity.
    init(_ database: Database) throws {
        lastAttempt = try RecordStore.lastAttempt(database)
        let columns = try database.columns(in: "store").map(\.name)
        isTraced =
            try columns.contains("traced")
            && Bool.fetchOne(database, sql: "SELECT traced FROM store") ?? false
        hasBatches = try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM batches)") ?? false
    }
}

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
/// The mark tells how many attempts a restored database lacks; the trail tells which files it has no record of, so that
/// they are not taken in as new and paid for again. An entry is synchronized before the first claim of its batch; an
/// entry for a batch that the database knows adds nothing.
final class BatchJournal: Sendable {
    /// The mark's own place, and some space for it to grow.
    private static let start = 64
    private static let sourceByteCount = 32
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

    /// Opens the trail of a database. Whatever follows another database's mark, or none, is meaningless and discarded.
    init(database: String, isOwn: Bool) throws {
        file = try PrivateFile.open(database + ".mark")
        if !isOwn, try file.byteCount() > Self.start { try file.truncate(to: Self.start) }
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
        let bytes = entries.flatMap { entry in withUnsafeBytes(of: entry.batch.bigEndian) { $0 + entry.source } }
        try file.write(bytes, at: Self.start + whole * Self.entryByteCount)
        try file.synchronize()
    }
}

extension RecordStore {
    /// Names a batch outside the database before its first claim, once in its life.
    func announce(_ batch: BatchID) async throws {
        guard let files, !announced.withLock({ $0.contains(batch) }) else { return }
        try await write(patience: .none) { connection in
            let entries = try connection.trailEntries("WHERE id = ?", [batch.rawValue])
            try files.append(entries)
        }
        announced.withLock { _ = $0.insert(batch) }
    }

    /// Brings mark and trace up to date with the ledger's position and the batches that had calls, including those from
    /// before these files existed. A trace created just now is considered lost if it is missing later.
    ///
    /// - Parameters:
    ///   - files: Mark, trail and trace.
    ///   - evidence: What was found when the database was opened.
    /// - Throws: ``StoreError`` when something can't be written.
    func follow(_ files: LedgerFiles, from evidence: LedgerEvidence) throws {
        var entries = try files.trail.entries()
        if entries.isEmpty {
            entries = try writeWaiting { try $0.trailEntries("WHERE started_at IS NOT NULL ORDER BY id", []) }
            if !entries.isEmpty { try files.append(entries) }
        }
        let known = Set(entries.map { BatchID(rawValue: $0.batch) })
        announced.withLock { $0 = known }
        let last = try readWaiting(Self.lastAttempt)
        try files.mark.advance(to: last)
        try files.trace.settle(at: last)
        guard evidence.ledger?.isTraced != true else { return }
        try writeWaiting { try $0.database.execute(sql: "UPDATE store SET traced = 1") }
        // A database that lost its WAL still knows its identity, and that it has a trace.
        _ = try WALCheckpoint(database: pool.path).run()
    }
}

extension WriterConnection {
    fileprivate func trailEntries(_ clause: String, _ arguments: StatementArguments) throws -> [BatchJournal.Entry] {
        let sql = "SELECT id, job, content_digest FROM batches " + clause
        return try Row.fetchAll(database, sql: sql, arguments: arguments).map { row in
            let source = try BatchJournal.source(job: row[1], contentDigest: row.bytes(2))
            return BatchJournal.Entry(batch: row[0], source: source)
        }
    }
}

extension WriterConnection {
    /// Records the batches that the trail knows and a restored database does not, and never reuses their numbers.
    ///
    /// - Returns: How many there are.
    func rememberUnknown(_ entries: [BatchJournal.Entry], lost: Int64) throws -> Int {
        let last = try lastBatch()
        let unknown = entries.filter { $0.batch > last }
        for entry in unknown {
            try database.execute(
                sql: "INSERT OR REPLACE INTO unknown_batches (id, source, lost_attempts) VALUES (?, ?, ?)",
                arguments: [entry.batch, entry.source.blob, lost])
        }
        if let greatest = unknown.map(\.batch).max() { try setLastBatch(greatest) }
        return Set(unknown.map(\.batch)).count
    }

    /// How many of a new batch's lines may have been sent by a batch that this restored database does not know, and the
    /// number of that batch.
    func unknownCalls(_ new: NewBatch) throws -> (batch: Int64, calls: Int64)? {
        let source = try BatchJournal.source(job: new.job, contentDigest: new.contentDigest)
        let sql = "SELECT max(id), max(lost_attempts) FROM unknown_batches WHERE source = ? HAVING count(*) > 0"
        return try Row.fetchOne(database, sql: sql, arguments: [source.blob]).map { ($0[0], $0[1]) }
    }

    /// The greatest number any batch ever had.
    func lastBatch() throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'batches'") ?? 0
    }

    /// Skips numbers for unknown batches, so that no new batch gets the number, and the results folder, of one of them.
    func skipUnknownBatches() throws {
        try setLastBatch(lastBatch() + Self.unknownBatches)
    }

    /// More batches than anybody creates between two copies.
    private static let unknownBatches: Int64 = 10_000

    private func setLastBatch(_ number: Int64) throws {
        try database.execute(sql: "UPDATE sqlite_sequence SET seq = ? WHERE name = 'batches'", arguments: [number])
        guard database.changesCount == 0 else { return }
        try database.execute(sql: "INSERT INTO sqlite_sequence (name, seq) VALUES ('batches', ?)", arguments: [number])
    }
}
