import Basics
import CPlatform
import Foundation
import Glibc

/// The single owner of an open file; closed on `exec` and on deinit.
struct FileDescriptor: ~Copyable, Sendable {
    private let number: Int32
    private let name: String

    /// Opens a file; a new one gets mode 0600.
    ///
    /// - Throws: ``StoreError`` naming the file's last path component.
    init(_ path: String, _ flags: Int32) throws {
        let name = URL(fileURLWithPath: path).lastPathComponent
        self.name = name
        number = SystemCall.retrying { open(path, flags | O_CLOEXEC, 0o600) }
        let access: StoreError.Access = flags & O_ACCMODE == O_RDONLY ? .reading : .writing
        guard number >= 0 else { throw Self.failure("opened", name, access) }
    }

    deinit {
        // On Linux the descriptor is closed even when a signal interrupts this (`man 2 close`): never retry.
        close(number)
    }

    /// Takes the exclusive lock if it is free (`man 2 flock`).
    func lock() -> Bool {
        SystemCall.retrying { flock(number, LOCK_EX | LOCK_NB) } == 0
    }

    /// Takes a shared lock if no process has the exclusive one.
    func lockShared() -> Bool {
        SystemCall.retrying { flock(number, LOCK_SH | LOCK_NB) } == 0
    }

    /// Only the permission bits of its mode.
    func permissions() throws -> UInt32 {
        try status().st_mode & 0o7777
    }

    /// What distinguishes a file from a copy that took its name: its inode number and its creation time in nanoseconds
    /// since 1970 UTC (0 where the file system keeps none). A renamed file keeps both.
    struct Identity: Equatable, Sendable {
        var number: UInt64
        var birth: Int64
    }

    /// Which file it is.
    func identity() throws -> Identity {
        var (inode, birth) = (UInt64(0), Int64(0))
        guard rollcall_file_identity(number, &inode, &birth) == 0 else {
            throw Self.failure("examined", name, .reading)
        }
        return Identity(number: inode, birth: birth)
    }

    /// Its length in bytes.
    func byteCount() throws -> Int {
        Int(try status().st_size)
    }

    /// Its bytes from an offset on, by default its start; fewer than asked for when the file is shorter.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notReadable``: a file that can't be read is not an empty one.
    func read(upTo count: Int, at offset: Int = 0) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let read = SystemCall.transferring(count) { moved in
                pread(number, buffer.baseAddress.map { $0 + moved }, count - moved, off_t(offset + moved))
            }
            guard read >= 0 else { throw Self.failure("read", name, .reading) }
            filled = read
        }
    }

    /// Writes all bytes at an offset, by default the file's start.
    func write(_ bytes: [UInt8], at offset: Int = 0) throws {
        let written = bytes.withUnsafeBytes { bytes in
            SystemCall.transferring(bytes.count) { moved in
                pwrite(number, bytes.baseAddress.map { $0 + moved }, bytes.count - moved, off_t(offset + moved))
            }
        }
        guard written == bytes.count else { throw Self.failure("written", name) }
    }

    /// Appends the whole content of another file.
    func append(contentOf other: borrowing FileDescriptor) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let source = other.number
            let filled = SystemCall.retrying { Glibc.read(source, buffer.baseAddress, buffer.count) }
            guard filled >= 0 else { throw Self.failure("read", other.name, .reading) }
            if filled == 0 { return }
            let written = SystemCall.transferring(filled) { moved in
                Glibc.write(number, buffer.baseAddress.map { $0 + moved }, filled - moved)
            }
            guard written == filled else { throw Self.failure("written", name) }
        }
    }

    /// Truncates the file to a number of bytes.
    func truncate(to count: Int) throws {
        guard SystemCall.retrying({ ftruncate(number, off_t(count)) }) == 0 else { throw Self.failure("written", name) }
    }

    /// Makes what was written survive a power cut.
    func synchronize() throws {
        guard SystemCall.retrying({ fsync(number) }) == 0 else { throw Self.failure("written to disk", name) }
    }

    /// Makes what was overwritten survive a power cut; the file's times may not (`man 2 fdatasync`).
    func synchronizeContent() throws {
        guard SystemCall.retrying({ fdatasync(number) }) == 0 else { throw Self.failure("written to disk", name) }
    }

    private func status() throws -> stat {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw Self.failure("examined", name, .reading) }
        return status
    }

    static func failure(_ verb: String, _ name: String, _ access: StoreError.Access = .writing) -> StoreError {
        StoreError(name, cannotBe: verb, while: access, because: SystemFault(errno))
    }
}

/// Files that nobody but their owner may read.
enum PrivateFile {
    /// Creates a file with mode 0600 that must not exist yet.
    ///
    /// - Throws: ``StoreError`` naming the file's last path component.
    static func create(_ path: String) throws -> FileDescriptor {
        try FileDescriptor(path, O_CREAT | O_EXCL | O_RDWR)
    }

    /// Opens a file to read and write, creating it with mode 0600 when it is missing.
    static func open(_ path: String) throws -> FileDescriptor {
        try FileDescriptor(path, O_CREAT | O_RDWR)
    }

    /// Creates the folder a file lies in, mode 0700, when it is missing.
    ///
    /// - Throws: ``StoreError`` naming the folder.
    static func createFolder(of path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
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
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try FileDescriptor(folder, O_RDONLY | O_DIRECTORY).synchronize()
    }
}
