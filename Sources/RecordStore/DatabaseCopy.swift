import Basics
import Foundation
import GRDB
import OpenSSL

/// A copy of a database under a name of its own, until it is whole and takes its place.
struct DatabaseCopy: Sendable {
    let path: String

    /// Makes an empty one beside the place it is meant for, mode 0600; SQLite takes an empty file.
    init(for target: String) throws {
        let letters = try SecureRandom.bytes(4).map { String($0 % 26 + 10, radix: 36) }.joined()
        path = "\(target).part-\(letters)"
        _ = try PrivateFile.create(path)
    }

    /// Fills it from a database that may be in use, as it is at one moment.
    func fill(from source: String) throws {
        // On a connection of its own: the pool's may be in a transaction.
        let queue = try DatabaseQueue(path: source, configuration: DatabaseFile.configuration(label: "rollcall.backup"))
        try queue.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [path]) }
        try queue.close()
    }

    /// Fills it from a file that nobody writes to, and from what SQLite left beside that.
    func fill(fromFile source: String) throws {
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: source + suffix) {
            let target = try PrivateFile.open(path + suffix)
            try target.append(contentOf: FileDescriptor(source + suffix, O_RDONLY))
        }
    }

    /// Makes one file of it, looks through all of it, and reads from it.
    ///
    /// - Throws: ``StoreError`` with ``StoreError/Code/damaged``, naming it as the person knows it.
    func inspect<T>(called name: String, _ body: (Database) throws -> T) throws -> T {
        do {
            let queue = try DatabaseQueue(path: path, configuration: DatabaseFile.configuration(label: "rollcall.copy"))
            let value = try queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA journal_mode = DELETE")
                guard try String.fetchAll(database, sql: "PRAGMA integrity_check") == ["ok"] else {
                    throw StoreError(.damaged, "\(name) is damaged; use another copy")
                }
                return try body(database)
            }
            try queue.close()
            return value
        } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) {
            throw StoreError(
                .damaged, "\(name) is damaged or no database; use another copy",
                cause: "SQLite: \(error.extendedResultCode)")
        } catch let error as DatabaseError {
            throw StoreError(copying: error)
        }
    }

    /// Makes what was written survive a power cut.
    func synchronize() throws {
        try FileDescriptor(path, O_RDWR).synchronize()
    }

    /// Takes its place, where nothing may be.
    func settle(at target: String) throws {
        try synchronize()
        // A link is refused where a name is taken, a renaming is not (`man 2 link`). Some file systems have no links.
        if link(path, target) == 0 {
            discard()
        } else if errno == EEXIST || FileManager.default.fileExists(atPath: target) {
            throw Self.taken(target)
        } else if rename(path, target) != 0 {
            throw Self.failure(target)
        }
        try PrivateFile.synchronizeFolder(of: target)
    }

    /// Takes its place, instead of what is there.
    func replace(_ target: String) throws {
        try synchronize()
        guard rename(path, target) == 0 else { throw Self.failure(target) }
        try PrivateFile.synchronizeFolder(of: target)
    }

    /// Removes it and what SQLite may have left beside it.
    func discard() {
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
    }

    /// Refuses to write over a file.
    static func taken(_ path: String) -> StoreError {
        StoreError(
            .notAllowed, "\(URL(fileURLWithPath: path).lastPathComponent) is there already; name a file that is not")
    }

    private static func failure(_ path: String) -> StoreError {
        let fault = SystemFault(errno)
        let name = URL(fileURLWithPath: path).lastPathComponent
        return StoreError(name, cannotBe: "put in its place", because: fault)
    }
}

extension StoreError {
    /// A copy could not be made: the disk that may be full is the copy's.
    init(copying error: DatabaseError) {
        let failure = StoreError(error, while: .writing)
        guard failure.code == .diskFull else {
            self = failure
            return
        }
        self.init(
            .diskFull, "The disk that the copy is to be on is full: make room on it and try again", cause: failure.cause
        )
    }
}
