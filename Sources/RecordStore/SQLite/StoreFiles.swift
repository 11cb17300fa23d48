import Basics
import CPlatform
import Foundation
import Glibc

/// An open file of the store, whose errors name it.
struct StoreFile: ~Copyable, Sendable {
    private let file: OwnedDescriptor
    private let name: String

    /// Opens a file; a new one gets mode 0600.
    ///
    /// - Throws: ``StoreError`` naming the file's last path component.
    init(_ path: String, _ flags: Int32) throws(StoreError) {
        let name = URL(fileURLWithPath: path).lastPathComponent
        self.name = name
        file = try Self.naming(name, "opened", flags & O_ACCMODE == O_RDONLY ? .reading : .writing) {
            () throws(SystemFault) in try OwnedDescriptor(opening: path, flags)
        }
    }

    /// Takes the exclusive lock if it is free.
    func lock() -> Bool { file.lockIfFree(.exclusive) }

    /// Takes the exclusive lock; waits for whoever has it.
    func lockWaiting() throws(StoreError) {
        try performing("locked") { () throws(SystemFault) in try file.lock(.exclusive) }
    }

    /// Takes a shared lock if no process has the exclusive one.
    func lockShared() -> Bool { file.lockIfFree(.shared) }

    /// Only the permission bits of its mode.
    func permissions() throws(StoreError) -> UInt32 { try facts().st_mode & 0o7777 }

    /// What distinguishes a file from a copy that took its name: its inode number and its creation time in nanoseconds
    /// since 1970 UTC (0 where the file system keeps none). A renamed file keeps both.
    struct Identity: Equatable, Sendable {
        var number: UInt64
        var birth: Int64
    }

    /// Which file it is.
    func identity() throws(StoreError) -> Identity {
        var (inode, birth) = (UInt64(0), Int64(0))
        try performing("examined", .reading) { () throws(SystemFault) in
            try SystemCall.performing { rollcall_file_identity(file.number, &inode, &birth) }
        }
        return Identity(number: inode, birth: birth)
    }

    /// Gives it to the owner of another file, where the process may: a command that an administrator calls must leave
    /// files that the daemon can read.
    func takeOwner(of other: borrowing StoreFile) throws(StoreError) {
        let (own, wanted) = (try facts(), try other.facts())
        guard geteuid() == 0, own.st_uid != wanted.st_uid || own.st_gid != wanted.st_gid else { return }
        try performing("given to its owner") { () throws(SystemFault) in
            try SystemCall.performing { fchown(file.number, wanted.st_uid, wanted.st_gid) }
        }
    }

    /// Its length in bytes.
    func byteCount() throws(StoreError) -> Int { Int(try facts().st_size) }

    /// Its bytes from an offset on, by default its start; fewer than asked for when the file is shorter.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notReadable``: a file that can't be read is not an empty one.
    func read(upTo count: Int, at offset: Int = 0) throws(StoreError) -> [UInt8] {
        try performing("read", .reading) { () throws(SystemFault) in try file.read(upTo: count, at: offset) }
    }

    /// Writes all bytes at an offset, by default the file's start.
    func write(_ bytes: [UInt8], at offset: Int = 0) throws(StoreError) {
        try performing("written") { () throws(SystemFault) in try file.write(bytes, at: offset) }
    }

    /// Appends the whole content of another file.
    func append(contentOf other: borrowing StoreFile) throws(StoreError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let filled = try other.readNext(into: buffer)
            if filled == 0 { return }
            try performing("written") { () throws(SystemFault) in try file.write(buffer[..<filled]) }
        }
    }

    /// Truncates the file to a number of bytes.
    func truncate(to count: Int) throws(StoreError) {
        try performing("written") { () throws(SystemFault) in try file.truncate(to: count) }
    }

    /// Makes what was written survive a power cut.
    func synchronize() throws(StoreError) {
        try performing("written to disk") { () throws(SystemFault) in try file.synchronize() }
    }

    /// Makes what was overwritten survive a power cut; the file's times may not.
    func synchronizeContent() throws(StoreError) {
        try performing("written to disk") { () throws(SystemFault) in try file.synchronizeContent() }
    }

    private func readNext(into buffer: UnsafeMutableRawBufferPointer) throws(StoreError) -> Int {
        try performing("read", .reading) { () throws(SystemFault) in try file.readNext(into: buffer) }
    }

    private func facts() throws(StoreError) -> stat {
        try performing("examined", .reading) { () throws(SystemFault) in try file.facts() }
    }

    @discardableResult
    private func performing<Value>(
        _ verb: String, _ access: StoreError.Access = .writing, _ calls: () throws(SystemFault) -> Value
    ) throws(StoreError) -> Value {
        try Self.naming(name, verb, access, calls)
    }

    /// Makes system calls whose fault becomes an error that names a file.
    @discardableResult
    static func naming<Value: ~Copyable>(
        _ name: String, _ verb: String, _ access: StoreError.Access = .writing,
        _ calls: () throws(SystemFault) -> Value
    ) throws(StoreError) -> Value {
        try SystemFault.translating(by: { StoreError(name, cannotBe: verb, while: access, because: $0) }, calls)
    }
}

/// Files that nobody but their owner may read.
package enum PrivateFile {
    /// Reads a small file; nil when there is none.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - count: Of its bytes at most so many.
    /// - Returns: The bytes.
    /// - Throws: ``StoreError`` naming the file's last path component.
    package static func contents(_ path: String, upTo count: Int) throws -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try StoreFile(path, O_RDONLY).read(upTo: count)
    }

    /// Creates a file with mode 0600 that must not exist yet.
    ///
    /// - Throws: ``StoreError`` naming the file's last path component.
    static func create(_ path: String) throws -> StoreFile {
        try StoreFile(path, O_CREAT | O_EXCL | O_RDWR)
    }

    /// Opens a file to read and write, creating it with mode 0600 when it is missing.
    static func open(_ path: String) throws -> StoreFile {
        try StoreFile(path, O_CREAT | O_RDWR)
    }

    /// Writes a file, mode 0600, in place of what was there, whose owner it gets. The old content or the new one is found
    /// there at any time; the new one survives a power cut when this returns.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - bytes: Its content.
    /// - Throws: ``StoreError`` naming the file's last path component.
    package static func replace(_ path: String, with bytes: [UInt8]) throws {
        let part = path + ".part"
        unlink(part)  // Of a process that was killed here.
        let file = try create(part)
        let example = FileManager.default.fileExists(atPath: path) ? path : folder(of: path)
        try file.takeOwner(of: StoreFile(example, O_RDONLY))
        try file.write(bytes)
        try file.synchronize()
        try rename(part, to: path)
    }

    /// Gives a file another name, in place of what had it; it survives a power cut when this returns.
    static func rename(_ path: String, to target: String) throws {
        try StoreFile.naming(URL(fileURLWithPath: path).lastPathComponent, "renamed") { () throws(SystemFault) in
            try SystemCall.performing { Glibc.rename(path, target) }
        }
        try synchronizeFolder(of: target)
    }

    private static func folder(of path: String) -> String {
        URL(fileURLWithPath: path).deletingLastPathComponent().path
    }

    /// Creates the folder a file lies in, mode 0700, when it is missing.
    ///
    /// - Throws: ``StoreError`` naming the folder.
    static func createFolder(of path: String) throws {
        let folder = folder(of: path)
        guard !FileManager.default.fileExists(atPath: folder) else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw StoreError(folder, cannotBe: "made", because: SystemFault(behind: error) ?? SystemFault(EACCES))
        }
    }

    /// Makes a new or renamed file's directory entry survive a power cut (`man 2 fsync`).
    static func synchronizeFolder(of path: String) throws {
        let folder = folder(of: path)
        try StoreFile(folder, O_RDONLY | O_DIRECTORY).synchronize()
    }
}

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
