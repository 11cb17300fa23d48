import Basics
import CPlatform
import Foundation

/// The files of an open database, and whether they are still in place.
///
/// A process keeps writing to a file that was removed or replaced, and nobody will ever find what it writes there. A
/// database without its lock can be opened by a second runner, which mistakes the calls under way for those of a crash.
/// So the process that runs batches compares device and inode (`man 7 inode`) before each commit.
struct FilesInPlace: Sendable {
    private struct Identity: Equatable {
        let device: UInt64
        let inode: UInt64
    }

    /// The suffixes of a database's files: the WAL and its index, the runner's lock, the ledger's mark.
    private static let suffixes = ["", "-wal", "-shm", ".lock", ".mark"]

    private let files: [(path: String, identity: Identity)]

    /// Records the current files of an open database.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notReadable`` when one cannot be inspected.
    init(database: String) throws {
        files = try Self.suffixes.compactMap { suffix in
            let path = database + suffix
            return try Self.identity(of: path).map { (path, $0) }
        }
    }

    /// Fails once one of them is missing or replaced.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/stateNotWritten``, naming the file; with
    ///   ``StoreErrorCode/notReadable`` when one cannot be inspected.
    func check() throws {
        for (path, identity) in files {
            let found = try Self.identity(of: path)
            guard found != identity else { continue }
            let name = URL(filePath: path).lastPathComponent
            throw StoreError(
                .stateNotWritten,
                "\(name) was \(found == nil ? "removed" : "replaced") while it was in use, so nothing is sent any more: put "
                    + "the database's files back as they were, or restore a backup as \(Hint.help(["restore"])) says, then "
                    + "start again")
        }
    }

    /// Nil where there is no such file.
    private static func identity(of path: String) throws -> Identity? {
        var status = stat()
        if SystemCall.retrying({ stat(path, &status) }) == 0 {
            return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        }
        let fault = SystemFault(errno)
        guard [ENOENT, ENOTDIR].contains(fault.code) else {
            let name = URL(filePath: path).lastPathComponent
            throw StoreError(name, cannotBe: "looked at", while: .reading, because: fault)
        }
        return nil
    }
}
