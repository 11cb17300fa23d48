import Foundation
import GRDB

extension DatabaseFile {
    /// The identity of the database that is there; nil when there is none or it can't be read.
    func storeID() -> [UInt8]? {
        guard exists, let queue = try? queue() else { return nil }
        defer { try? queue.close() }
        return try? queue.read { try StoreIdentity.fetch($0)?.storeID }
    }

    /// Gives the database that is there another name, from which it can be put back; nobody may have it open.
    ///
    /// Its old name goes only when another file takes it, so that there is a database at every moment.
    ///
    /// - Returns: The name's path; nil when there was none.
    /// - Throws: ``StoreError`` with ``StoreError/Code/locked`` when it is open elsewhere.
    func setAside() throws -> String? {
        guard exists else { return nil }
        try makeOneFile()
        let aside = try freeName()
        // Only a database too damaged to be made one file has these still. A WAL must never meet another database.
        for suffix in ["-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.moveItem(atPath: path + suffix, toPath: aside + suffix)
        }
        if link(path, aside) != 0 { try FileManager.default.moveItem(atPath: path, toPath: aside) }
        return aside
    }

    /// Moves what lies in the WAL into the file. SQLite does so only for the last one who has it open, so this also
    /// tells whether anybody else has.
    private func makeOneFile() throws {
        do {
            let queue = try queue()
            defer { try? queue.close() }
            let mode = try queue.writeWithoutTransaction {
                try String.fetchOne($0, sql: "PRAGMA journal_mode = DELETE")
            }
            guard mode == "delete" else { throw inUse }
        } catch let error as DatabaseError {
            if [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode) { throw inUse }
            // It is damaged, which may be why it is replaced.
        }
    }

    private var inUse: StoreError {
        StoreError(.locked, "\(name) is still open elsewhere; end the other commands first, then try again")
    }

    private func freeName() throws -> String {
        var number = 1
        while FileManager.default.fileExists(atPath: "\(path).before-restore-\(number)") { number += 1 }
        return "\(path).before-restore-\(number)"
    }

    private func queue() throws -> DatabaseQueue {
        var configuration = Self.configuration(label: "rollcall.restore")
        configuration.busyMode = .immediateError
        return try DatabaseQueue(path: path, configuration: configuration)
    }
}
