import Basics
import Glibc

/// The files outside the database that record how far its ledger got and which batches had calls: the mark beside it,
/// followed by the journal, and the trace in `keys_folder`.
struct LedgerFiles: LedgerFollowing {
    let mark: LedgerHighWaterMark
    let journal: BatchJournal
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
    func advance(to attempt: Int64, _ claimed: [ClaimedAttempt]) throws {
        try mark.advance(to: attempt)
        try trace.advance(to: attempt)
    }

    /// Names batches before their first claim.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/stateNotWritten``.
    func append(_ entries: [BatchJournal.Entry]) throws {
        try journal.append(entries)
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
    ///   - keys: The keys that the trace may be sealed with; a new one is sealed with the one in force.
    ///   - evidence: The evidence found before, already accepted.
    /// - Returns: The files, and the batches that had calls.
    /// - Throws: ``StoreError`` when one cannot be read or created.
    static func open(
        at places: LedgerPlaces, for storeID: [UInt8], _ keys: SealingKeyRing, after evidence: LedgerEvidence
    ) throws -> (files: LedgerFiles, entries: [BatchJournal.Entry]) {
        let verdict = LedgerReconciliation(evidence)
        let mark = try LedgerHighWaterMark(database: places.database, storeID: storeID)
        let journal = try BatchJournal(database: places.database, isOwn: evidence.mark.content != nil)
        let found = try LedgerTrace.find(
            in: places.keysFolder, storeID: storeID, keys: keys, flags: O_RDWR)
        let inJournal = try journal.entries()
        // Opening each has a cost, and normally both name the same batches.
        let areSame = try verdict == .whole && found.content?.entryCount() == inJournal.count
        let inTrace = areSame ? inJournal : try found.content?.entries() ?? []
        let all = inJournal + inTrace.filter { !Set(inJournal).contains($0) }
        if !areSame { try journal.append(all.filter { !Set(inJournal).contains($0) }) }
        let trace: LedgerTrace
        if case .own(let own) = found, !verdict.isUnknown {
            trace = own
            if !areSame { try trace.append(all.filter { !Set(inTrace).contains($0) }) }
        } else {
            let last = verdict.lastAttempt(after: evidence)
            trace = try LedgerTrace.make(
                in: places.keysFolder, storeID: storeID, sealingKey: keys.current,
                position: LedgerTrace.Position(claimed: last, reserved: last), entries: all)
        }
        return (LedgerFiles(mark: mark, journal: journal, trace: trace), all)
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
    func evidence(of ledger: LedgerEvidence.Ledger?, _ storeID: [UInt8], _ keys: SealingKeyRing) throws
        -> LedgerEvidence
    {
        LedgerEvidence(
            ledger: ledger, mark: try LedgerHighWaterMark.find(ofDatabase: database, storeID: storeID),
            trace: try trace(storeID, keys))
    }

    /// The same beside a runner. Trace, mark and ledger are read in this order: each is never ahead of the next, which
    /// is read after it. The reserved range is never behind a ledger read earlier.
    ///
    /// - Throws: ``StoreError`` when something can't be read.
    func evidence(in reader: SQLiteDatabase, _ storeID: [UInt8], _ keys: SealingKeyRing) throws -> LedgerEvidence {
        let before = try trace(storeID, keys)
        let mark = try LedgerHighWaterMark.find(ofDatabase: database, storeID: storeID)
        let ledger = try reader.read { try LedgerEvidence.Ledger($0) }
        var trace = try trace(storeID, keys)
        if case .own(let first) = before, case .own(let last) = trace {
            trace = .own(LedgerTrace.Position(claimed: first.claimed, reserved: last.reserved))
        }
        return LedgerEvidence(ledger: ledger, mark: mark, trace: trace)
    }

    private func trace(
        _ storeID: [UInt8], _ keys: SealingKeyRing
    ) throws -> LedgerWitness<LedgerTrace.Position> {
        try LedgerTrace.find(in: keysFolder, storeID: storeID, keys: keys).map(\.position)
    }
}

extension LedgerEvidence.Ledger {
    /// Reads it from a database of any version that has its identity.
    init(_ database: StoreConnection) throws {
        lastAttempt = try RecordStore.lastAttempt(database)
        let columns = try database.columns(of: "store")
        isTraced =
            try columns.contains("traced")
            && Bool.fetchOne(database, sql: "SELECT traced FROM store") ?? false
        hasBatches = try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM batches)") ?? false
    }
}

extension RecordStore {
    /// Brings mark and trace up to date with the ledger's position and the batches that had calls, including those from
    /// before these files existed. A trace created just now is considered lost if it is missing later.
    ///
    /// - Parameters:
    ///   - files: Mark, journal and trace.
    ///   - evidence: What was found when the database was opened.
    /// - Throws: ``StoreError`` when something can't be written.
    func follow(_ files: LedgerFiles, from evidence: LedgerEvidence) throws {
        var entries = try files.journal.entries()
        if entries.isEmpty {
            entries = try writeWaiting { try $0.journalEntries("WHERE started_at IS NOT NULL ORDER BY id", []) }
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
        _ = try WALCheckpoint(database: sqlite.path).run()
    }
}

extension WriterConnection {
    /// A batch as the journal names it.
    func journalEntries(of batch: BatchID) throws -> [BatchJournal.Entry] {
        try journalEntries("WHERE id = ?", [batch.rawValue])
    }

    fileprivate func journalEntries(_ clause: String, _ arguments: SQLArguments) throws -> [BatchJournal.Entry] {
        let sql = "SELECT id, job, content_digest FROM batches " + clause
        return try StoredRow.fetchAll(database, sql: sql, arguments: arguments).map { row in
            let source = try BatchJournal.source(job: row[1], contentDigest: row.bytes(2))
            return BatchJournal.Entry(batch: row[0], source: source)
        }
    }
}
