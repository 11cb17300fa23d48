package import Basics
import Foundation
import Migrations

extension SQLiteOpening {
    /// Replaces the database with a copy.
    ///
    /// The current database is kept as `<database>.before-restore-N`. The ledger's mark and trace stay in place. Where
    /// neither can vouch for the calls that the copy lacks, the mark is set to say so.
    ///
    /// - Parameters:
    ///   - source: The copy, which stays as it is.
    ///   - action: Who restores it, entered in its audit where that has this version's form.
    ///   - erases: Whether something may have to be erased also where nobody was ever forgotten.
    ///   - erase: What is erased in it before anybody can read it.
    /// - Returns: What the copy does not know.
    /// - Throws: ``StoreError``; see ``StoreDescription/restore(from:noting:always:erasing:)``.
    func restore(
        from source: String, noting action: Action?, always erases: Bool,
        erasing erase: (RecordStore) async throws -> ErasureInCopy
    ) async throws -> RestoreReport {
        let name = URL(fileURLWithPath: source).lastPathComponent
        guard FileManager.default.fileExists(atPath: source) else {
            throw StoreError(.noDatabase, "There is no copy \(name); name a file that backup wrote")
        }
        try PrivateFile.createFolder(of: file.path)
        let lock = try StoreLock.take(database: file.path)
        let report = try await restore(from: source, called: name, noting: action, always: erases, erasing: erase)
        lock.release()
        return report
    }

    private func restore(
        from source: String, called name: String, noting action: Action?,
        always erases: Bool, erasing erase: (RecordStore) async throws -> ErasureInCopy
    ) async throws -> RestoreReport {
        let copy = try DatabaseCopy(for: file.path)
        defer { copy.discard() }
        try copy.fill(fromFile: source)
        var facts = try copy.inspect(called: name) { try CopyFacts($0, called: name) }
        let ring = try description.sealingKey.load()
        try check(facts, called: name, ring)
        var erasure = ErasureInCopy()
        if try erases || !description.keys.forgottenPersons().isEmpty {
            erasure = try await self.erase(in: copy, of: facts, ring, by: erase)
            facts = try copy.inspect(called: name) { try CopyFacts($0, called: name) }
        }
        if let action, facts.version == Migrations.all.version {
            try copy.inspect(called: name) { try AuditEntry.append(action, to: $0) }
        }
        var report = try place(copy, facts, ring)
        report.erasure = erasure
        return report
    }

    /// A copy of an earlier version is brought to this one first, as the next start would have done.
    private func erase(
        in copy: DatabaseCopy, of facts: CopyFacts, _ ring: SealingKeyRing,
        by erase: (RecordStore) async throws -> ErasureInCopy
    ) async throws -> ErasureInCopy {
        let database = SQLiteDatabase(pool: try DatabaseFile(path: copy.path).openForWriting())
        let migration = KeysMigration(source: description.sealingKey, folder: description.keys, ring: ring)
        try Migrations.all.apply(to: database.pool, preparing: migration.preparations)
        let keys = StoreKeys(
            source: description.sealingKey, folder: description.keys, storeID: facts.identity.storeID, ring: ring)
        let store = RecordStore(
            database: database, keys: keys, role: .operating, writer: Writer(database: database, ledger: nil),
            lock: nil)
        do {
            let erasure = try await erase(store)
            try await store.close()
            return erasure
        } catch {
            // What went wrong first is told; the copy is removed.
            try? await store.close()
            throw error
        }
    }

    private func check(_ facts: CopyFacts, called name: String, _ ring: SealingKeyRing) throws {
        guard facts.version <= Migrations.all.version else {
            throw StoreError.schemaVersion(found: facts.version, known: Migrations.all.version)
        }
        try facts.identity.check(endpoint: description.endpoint)
        try facts.identity.check(ring, description.keys)
        let owners = try places.owners() + [file.storeID()].compactMap { $0 }
        guard owners.allSatisfy({ $0 == facts.identity.storeID }) else {
            throw StoreError(
                .notAllowed,
                "\(name) is a copy of another database than \(file.name); name the right copy, or move "
                    + "\(([file.path] + places.existing).joined(separator: " and ")) away first")
        }
    }

    private func place(_ copy: DatabaseCopy, _ facts: CopyFacts, _ ring: SealingKeyRing) throws -> RestoreReport {
        let identifier = facts.identity.storeID
        let evidence = try places.evidence(of: facts.ledger, identifier, ring)
        let verdict = LedgerReconciliation(evidence)
        let trace = try LedgerTrace.find(in: places.keysFolder, storeID: identifier, keys: ring)
        let named = try BatchJournal.entries(ofDatabase: file.path) + (trace.content?.entries() ?? [])
        var report = facts.report(verdict, named)
        let (destroyed, present) = (
            Set(try description.keys.destroyedKeys()), Set(try description.keys.periodKeys())
        )
        report.destroyedMonths = facts.periodKeys.filter(destroyed.contains).map(\.month.description)
        report.missingKeys = facts.periodKeys.filter { !destroyed.contains($0) && !present.contains($0) }.map(\.stem)
        report.setAside = try file.setAside()
        if verdict.isUnknown {
            // Further ahead than any file has lines, so that the next start, too, finds the missing calls unknown.
            let mark = try LedgerHighWaterMark(database: file.path, storeID: identifier)
            try mark.advance(to: verdict.lastAttempt(after: evidence))
        }
        try copy.replace(file.path)
        return report
    }
}

/// What a restored database does not know, and how the next start treats it.
package struct RestoreReport: Sendable, Equatable, Codable {
    /// Calls claimed since the copy was made, at most, by the ledger's mark and trace; nil when unknown.
    package var lostAttempts: Int64?
    /// Why that is unknown; the middle of a sentence.
    package var unknownBecause: String?
    /// Calls that were under way when the copy was made; their records will be in doubt.
    package var openAttempts = 0
    /// The names of the batches that will start paused.
    package var pausedBatches: [String] = []
    /// Records of these that will be in doubt because they may have been sent since.
    package var doubtedRecords = 0
    /// Batches with calls that the copy has no record of; nil when unknown.
    package var unknownBatches: Int?
    /// Months whose key was destroyed since the copy was made, as `2025-11`: of their batches only the ledger remains.
    package var destroyedMonths: [String] = []
    /// The period keys that the copy needs and `keys_folder` lacks, by their files' names without `.key`.
    package var missingKeys: [String] = []
    /// What was erased in it before it took its place.
    package var erasure = ErasureInCopy()
    /// The copy's schema version, which the next run or daemon migrates to this program's.
    package var schemaVersion = 0
    /// Where the previous database is now; nil when there was none.
    package var setAside: String?

    /// The most calls paid for twice if everything in doubt is sent again, including in batches that the copy has no
    /// record of: any of the lost calls may have been theirs.
    package var callsAtRisk: Int {
        let lost = lostAttempts.map { Int(clamping: $0) } ?? .max
        return openAttempts + (unknownBatches ?? 0 > 0 ? lost : min(doubtedRecords, lost))
    }
}

/// What was erased in a copy before it took the database's place, because it was erased since the copy was made.
package struct ErasureInCopy: Sendable, Equatable, Codable {
    /// How many records of forgotten persons.
    package var records = 0
    /// How many batches lost something because its retention is over.
    package var purgedBatches = 0
    /// The batches that could not be looked through, because their months' keys are missing.
    package var unread: [String] = []
    /// The batches of which something is due and was not erased, because their months' keys are missing.
    package var unpurged: [String] = []

    /// Nothing.
    package init() {}
}

/// Batches wait because it is unknown which calls were made before the database was restored.
package struct RestoreHold: Sendable, Equatable {
    /// When that was found.
    package let since: WallTime
    /// Why that is unknown; the middle of a sentence.
    package let reason: String
    /// The last batch at that time: later ones wait.
    package let lastBatch: BatchID

    package init(since: WallTime, reason: String, lastBatch: BatchID) {
        (self.since, self.reason, self.lastBatch) = (since, reason, lastBatch)
    }

    /// Whether a batch waits for an operator's decision on this before its first call.
    package func covers(_ batch: BatchID) -> Bool { batch > lastBatch }
}

extension RecordStore {
    /// What batches wait for since a restore with unknown missing calls; nil when nothing.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func restoreHold() async throws -> RestoreHold? {
        try await read(RestoreHold.fetch)
    }

    /// Lets the batches that wait since a restore run, by an operator's decision; each still waits for its own
    /// confirmation.
    ///
    /// - Parameter action: Who decided, recorded in the same transaction.
    /// - Returns: What they waited for; nil when they waited for nothing, and then nothing is written.
    /// - Throws: ``StoreError`` when it can't be written.
    package func releaseRestoreHold(noting action: Action) async throws -> RestoreHold? {
        try await write { connection in
            guard let hold = try RestoreHold.fetch(connection.database) else { return nil }
            try connection.database.execute(
                sql: "UPDATE restores SET released_at = ? WHERE lost_calls IS NULL AND released_at IS NULL",
                arguments: [action.at])
            try connection.insert(action)
            return hold
        }
    }

    /// When the database was last found to have been restored without some calls made since its copy; nil:
    /// never. Records that had ended by then may have been sent again since.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func lastRestore() async throws -> WallTime? {
        try await read { try WallTime.fetchOne($0, sql: "SELECT max(found_at) FROM restores") }
    }

    /// Restores whose missing calls were unknown: when each was found, and why they were unknown;
    /// oldest first.
    ///
    /// - Throws: ``StoreError`` when the database can't be read.
    package func unknownRestores() async throws -> [(at: WallTime, reason: String)] {
        let sql = "SELECT found_at, reason FROM restores WHERE reason IS NOT NULL ORDER BY id"
        return try await read { try StoredRow.fetchAll($0, sql: sql).map { ($0[0], $0[1]) } }
    }
}

extension RestoreHold {
    fileprivate static func fetch(_ database: StoreConnection) throws -> RestoreHold? {
        let sql = """
            SELECT found_at, reason, last_batch FROM restores WHERE lost_calls IS NULL AND released_at IS NULL
            ORDER BY id DESC LIMIT 1
            """
        return try StoredRow.fetchOne(database, sql: sql).map { row in
            RestoreHold(since: row[0], reason: row[1], lastBatch: BatchID(rawValue: row[2]))
        }
    }
}

extension WriterConnection {
    /// Records what was found about a restored database, and counts the calls it lacks.
    func keep(_ verdict: LedgerReconciliation, _ recovery: inout RecoveryReport, on today: CallDay) throws {
        var (lost, cause) = (Int64?.none, LedgerReconciliation.Cause?.none)
        switch verdict {
        case .whole, .refused: return
        case .restored(let calls):
            (lost, recovery.lostAttempts) = (calls, calls)
            try countLost(calls, on: today)
        case .unknown(let found, let atLeast):
            (cause, recovery.unknownBecause) = (found, found.text)
            try skipUnknownBatches()
            try countLost(max(atLeast, Int64(recovery.doubtedRecords)), on: today)
        }
        try database.execute(
            sql: "INSERT INTO restores (found_at, lost_calls, reason, last_batch) VALUES (?, ?, ?, ?)",
            arguments: [WallTime.now(), lost, cause?.text, try lastBatch()])
    }

    /// Refuses to run a batch that waits since a restore.
    func refuseHeld(_ batch: BatchID) throws {
        guard let hold = try RestoreHold.fetch(database), hold.covers(batch) else { return }
        throw StoreError.heldByRestore
    }

    /// Refuses to queue records again while it is unknown what was sent.
    func refuseRequeueing() throws {
        guard try RestoreHold.fetch(database) != nil else { return }
        throw StoreError.heldByRestore
    }
}
