import Foundation
import GRDB
import Migrations

extension RecordStore {
    /// Puts a copy of the database in its place.
    ///
    /// The database that is there is kept as `<database>.before-restore-N`. The ledger's mark and trace stay where they
    /// are: by them the next run or daemon knows how many calls the copy doesn't, pauses its unfinished batches, and puts
    /// in doubt what may have been sent. Where neither can vouch, the mark is made to say so.
    ///
    /// - Parameters:
    ///   - source: The copy, which stays as it is.
    ///   - path: The database file.
    ///   - sealingKeyPath: The sealing key's file.
    ///   - keysFolder: The folder in which the ledger's trace lies, `keys_folder`.
    ///   - endpoint: The API's base URL; nil: whatever the copy is bound to.
    /// - Returns: What the copy doesn't know.
    /// - Throws: ``StoreError``: the database is in use, or the copy is damaged, another database's, of another sealing
    ///   key or endpoint, or from a newer program. Nothing is then changed.
    public static func restore(
        from source: String, to path: String, sealingKeyPath: String, keysFolder: String, endpoint: String?
    ) throws -> RestoreReport {
        let name = URL(fileURLWithPath: source).lastPathComponent
        let file = DatabaseFile(path: path)
        guard FileManager.default.fileExists(atPath: source) else {
            throw StoreError(.noDatabase, "There is no copy \(name); name a file that backup wrote")
        }
        try PrivateFile.createFolder(of: path)
        return try StoreLock.take(database: path).hold {
            let places = LedgerPlaces(database: path, keysFolder: keysFolder)
            return try restore(
                from: source, name, to: file, places, sealingKeyPath: sealingKeyPath, endpoint: endpoint)
        }
    }

    private static func restore(
        from source: String, _ name: String, to file: DatabaseFile, _ places: LedgerPlaces, sealingKeyPath: String,
        endpoint: String?
    ) throws -> RestoreReport {
        let copy = try DatabaseCopy(for: file.path)
        defer { copy.discard() }
        try copy.fill(fromFile: source)
        let facts = try copy.inspect(called: name) { try CopyFacts($0, called: name) }
        let sealingKey = try SealingKey.load(path: sealingKeyPath)
        try check(facts, name, file, places, sealingKey, endpoint: endpoint)
        return try place(copy, facts, file, places, sealingKey)
    }

    private static func check(
        _ facts: CopyFacts, _ name: String, _ file: DatabaseFile, _ places: LedgerPlaces, _ sealingKey: SealingKey,
        endpoint: String?
    ) throws {
        guard facts.version <= Migrations.all.version else {
            throw StoreError.schemaVersion(found: facts.version, known: Migrations.all.version)
        }
        try facts.identity.check(sealingKey: sealingKey, endpoint: endpoint)
        let owners = try places.owners() + [file.storeID()].compactMap { $0 }
        guard owners.allSatisfy({ $0 == facts.identity.storeID }) else {
            throw StoreError(
                .notAllowed,
                "\(name) is a copy of another database than \(file.name); name the right copy, or move "
                    + "\(([file.path] + places.existing).joined(separator: " and ")) away first")
        }
    }

    private static func place(
        _ copy: DatabaseCopy, _ facts: CopyFacts, _ file: DatabaseFile, _ places: LedgerPlaces, _ sealingKey: SealingKey
    ) throws -> RestoreReport {
        let identifier = facts.identity.storeID
        let evidence = try places.evidence(of: facts.ledger, identifier, sealingKey)
        let verdict = LedgerReconciliation(evidence)
        let trace = try LedgerTrace.find(in: places.keysFolder, storeID: identifier, sealingKey: sealingKey)
        let named = try BatchJournal.entries(ofDatabase: file.path) + (trace.content?.entries() ?? [])
        var report = facts.report(verdict, named)
        report.setAside = try file.setAside()
        if verdict.isUnknown {
            // Further ahead than any file has lines: by it the next start finds that nobody knows, too.
            let mark = try LedgerHighWaterMark(database: file.path, storeID: identifier)
            try mark.advance(to: verdict.lastAttempt(after: evidence))
        }
        try copy.replace(file.path)
        return report
    }
}
