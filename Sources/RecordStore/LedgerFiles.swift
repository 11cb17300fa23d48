import Foundation
import GRDB

/// The files outside the database that say how far its ledger got and which batches had calls: the mark beside it, with
/// the trail behind it, and the trace in `keys_folder`.
struct LedgerFiles: Sendable {
    let mark: LedgerHighWaterMark
    let trail: BatchJournal
    let trace: LedgerTrace

    /// Sees to it that attempts up to an id may be committed.
    ///
    /// - Throws: ``StoreError`` with ``StoreError/Code/stateNotWritten``.
    func reserve(upTo attempt: Int64) throws {
        try trace.reserve(upTo: attempt)
    }

    /// Says that attempts up to an id are committed; their calls may leave when it returns. The mark is synchronized
    /// first: it is never behind the trace, unless somebody put it back.
    ///
    /// - Throws: ``StoreError`` with ``StoreError/Code/stateNotWritten``.
    func advance(to attempt: Int64) throws {
        try mark.advance(to: attempt)
        try trace.advance(to: attempt)
    }

    /// Names batches before their first claim.
    ///
    /// - Throws: ``StoreError`` with ``StoreError/Code/stateNotWritten``.
    func append(_ entries: [BatchJournal.Entry]) throws {
        try trail.append(entries)
        try trace.append(entries)
    }

    /// Says, when nothing more will be claimed, that the trace's bound is exact.
    ///
    /// - Throws: ``StoreError`` with ``StoreError/Code/stateNotWritten``.
    func settle() throws {
        try trace.settle(at: trace.position.claimed)
    }
}

extension LedgerFiles {
    /// Opens them for who runs the database, or makes them; each then names the batches that any of them named. A trace
    /// that can't vouch gives way to a new one, from which the ledger goes on.
    ///
    /// - Parameters:
    ///   - places: Where they lie.
    ///   - storeID: The database.
    ///   - sealingKey: The key that the trace is sealed with.
    ///   - evidence: What was found before, not refused.
    /// - Returns: The files, and the batches that had calls.
    /// - Throws: ``StoreError`` when one can't be read or made.
    static func open(
        at places: LedgerPlaces, for storeID: [UInt8], _ sealingKey: SealingKey, after evidence: LedgerEvidence
    ) throws -> (files: LedgerFiles, entries: [BatchJournal.Entry]) {
        let verdict = LedgerReconciliation(evidence)
        let mark = try LedgerHighWaterMark(database: places.database, storeID: storeID)
        let trail = try BatchJournal(database: places.database, isOwn: evidence.mark.content != nil)
        let found = try LedgerTrace.find(
            in: places.keysFolder, storeID: storeID, sealingKey: sealingKey, flags: O_RDWR)
        let inTrail = try trail.entries()
        // Opening each costs something, and as a rule both name the same.
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

/// Where a database's files lie that say how far its ledger got.
struct LedgerPlaces: Sendable {
    let database: String
    let keysFolder: String

    /// The files that are there, as people find them.
    var existing: [String] {
        let mark = DatabaseFile.byteCount(database + ".mark") > 0 ? [database + ".mark"] : []
        return mark + (LedgerTrace.exists(in: keysFolder) ? [LedgerTrace.path(in: keysFolder)] : [])
    }

    /// The databases whose mark and trace lie there.
    func owners() throws -> [[UInt8]] {
        [try LedgerHighWaterMark.owner(ofDatabase: database), try LedgerTrace.owner(in: keysFolder)].compactMap { $0 }
    }

    /// All that is known of how far a database's ledger got, where no runner can be at work.
    ///
    /// - Throws: ``StoreError`` when something can't be read.
    func evidence(of ledger: LedgerEvidence.Ledger?, _ storeID: [UInt8], _ sealingKey: SealingKey) throws
        -> LedgerEvidence
    {
        LedgerEvidence(
            ledger: ledger, mark: try LedgerHighWaterMark.find(ofDatabase: database, storeID: storeID),
            trace: try trace(storeID, sealingKey))
    }

    /// The same beside a runner. Trace, mark and ledger are read in this order: each is never ahead of the next that is
    /// read after it. What is reserved is never behind the ledger that was read before.
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
