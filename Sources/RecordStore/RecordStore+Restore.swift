import Foundation
import GRDB
import Migrations

extension RecordStore {
    /// Puts a copy of the database in its place.
    ///
    /// The database that is there is kept as `<database>.before-restore-N`. The ledger's mark stays where it is: by it
    /// the next run or daemon knows how many calls the copy doesn't, pauses its unfinished batches, and puts in doubt
    /// what may have been sent. Where there is no mark, one is written that vouches for nothing.
    ///
    /// - Parameters:
    ///   - source: The copy, which stays as it is.
    ///   - path: The database file.
    ///   - sealingKeyPath: The sealing key's file.
    ///   - endpoint: The API's base URL; nil: whatever the copy is bound to.
    /// - Returns: What the copy doesn't know.
    /// - Throws: ``StoreError``: the database is in use, or the copy is damaged, another database's, of another sealing
    ///   key or endpoint, or from a newer program. Nothing is then changed.
    public static func restore(
        from source: String, to path: String, sealingKeyPath: String, endpoint: String?
    ) throws -> RestoreReport {
        let name = URL(fileURLWithPath: source).lastPathComponent
        let file = DatabaseFile(path: path)
        guard FileManager.default.fileExists(atPath: source) else {
            throw StoreError(.noDatabase, "There is no copy \(name); name a file that backup wrote")
        }
        try PrivateFile.createFolder(of: path)
        return try StoreLock.take(database: path).hold {
            try restore(from: source, name, to: file, sealingKeyPath: sealingKeyPath, endpoint: endpoint)
        }
    }

    private static func restore(
        from source: String, _ name: String, to file: DatabaseFile, sealingKeyPath: String, endpoint: String?
    ) throws -> RestoreReport {
        let copy = try DatabaseCopy(for: file.path)
        defer { copy.discard() }
        try copy.fill(fromFile: source)
        let facts = try copy.inspect(called: name) { try CopyFacts($0, called: name) }
        try check(facts, name, file, sealingKeyPath: sealingKeyPath, endpoint: endpoint)
        return try place(copy, facts, file)
    }

    private static func check(
        _ facts: CopyFacts, _ name: String, _ file: DatabaseFile, sealingKeyPath: String, endpoint: String?
    ) throws {
        guard facts.version <= Migrations.all.version else {
            throw StoreError.schemaVersion(found: facts.version, known: Migrations.all.version)
        }
        try facts.identity.check(sealingKey: SealingKey.load(path: sealingKeyPath), endpoint: endpoint)
        let owners = [try LedgerMark.owner(ofDatabase: file.path), file.storeID()].compactMap { $0 }
        guard owners.allSatisfy({ $0 == facts.identity.storeID }) else {
            throw StoreError(
                .notAllowed,
                "\(name) is a copy of another database than \(file.name); name the right copy, or move \(file.name) and "
                    + "\(file.name).mark away first")
        }
    }

    private static func place(_ copy: DatabaseCopy, _ facts: CopyFacts, _ file: DatabaseFile) throws -> RestoreReport {
        let identifier = facts.identity.storeID
        let marked = try LedgerMark.lastAttempt(ofDatabase: file.path, storeID: identifier)
        let trail = try BatchTrail.entries(ofDatabase: file.path)
        var report = facts.report(mark: marked, trail: marked == nil ? [] : trail)
        report.setAside = try file.setAside()
        if marked == nil {
            // As many attempts as any file has lines: nobody knows what was sent since.
            let mark = try LedgerMark(database: file.path, storeID: identifier)
            try mark.advance(to: facts.lastAttempt + RecordID.greatestLine)
        }
        try copy.replace(file.path)
        return report
    }
}
