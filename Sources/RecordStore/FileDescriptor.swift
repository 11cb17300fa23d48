import Foundation
import Glibc

/// The one owner of an open file. Closed on `exec`, and when it goes away.
struct FileDescriptor: ~Copyable, Sendable {
    private let number: Int32
    private let name: String

    /// Opens a file; a new one gets mode 0600.
    ///
    /// - Throws: ``StoreError`` naming the file's last path component.
    init(_ path: String, _ flags: Int32) throws {
        name = URL(fileURLWithPath: path).lastPathComponent
        number = open(path, flags | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw Self.failure("opened", name) }
    }

    deinit {
        close(number)
    }

    /// Takes the exclusive lock if nobody has it (`man 2 flock`).
    func lock() -> Bool {
        flock(number, LOCK_EX | LOCK_NB) == 0
    }

    /// Takes a shared lock if nobody has the exclusive one.
    func lockShared() -> Bool {
        flock(number, LOCK_SH | LOCK_NB) == 0
    }

    /// The permission bits and nothing else of its mode.
    func permissions() throws -> UInt32 {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw Self.failure("examined", name) }
        return status.st_mode & 0o7777
    }

    /// Its first bytes; fewer than asked for when the file is shorter.
    ///
    /// - Throws: ``StoreError`` with ``StoreError/Code/damaged``: a file that can't be read is not an empty one.
    func read(upTo count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let read = pread(number, buffer.baseAddress, count, 0)
            guard read >= 0 else {
                throw StoreError(
                    .damaged, "\(name) cannot be read; check the disk and its permissions",
                    cause: String(cString: strerror(errno)))
            }
            filled = read
        }
    }

    /// Writes all bytes at the start of the file.
    func write(_ bytes: [UInt8]) throws {
        let written = bytes.withUnsafeBytes { pwrite(number, $0.baseAddress, $0.count, 0) }
        guard written == bytes.count else { throw Self.failure("written", name) }
    }

    /// Its length in bytes.
    func byteCount() throws -> Int {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw Self.failure("examined", name) }
        return Int(status.st_size)
    }

    /// Writes all bytes at a place of the file.
    func write(_ bytes: [UInt8], at offset: Int) throws {
        let written = bytes.withUnsafeBytes { pwrite(number, $0.baseAddress, $0.count, off_t(offset)) }
        guard written == bytes.count else { throw Self.failure("written", name) }
    }

    /// Appends the whole content of another file.
    func append(contentOf other: borrowing FileDescriptor) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let filled = Glibc.read(other.number, buffer.baseAddress, buffer.count)
            guard filled >= 0 else { throw Self.failure("read", other.name) }
            if filled == 0 { return }
            var sent = 0
            while sent < filled {
                let written = Glibc.write(number, buffer.baseAddress.map { $0 + sent }, filled - sent)
                guard written > 0 else { throw Self.failure("written", name) }
                sent += written
            }
        }
    }

    /// Cuts the file off after a number of bytes.
    func truncate(to count: Int) throws {
        guard ftruncate(number, off_t(count)) == 0 else { throw Self.failure("written", name) }
    }

    /// Makes what was written survive a power cut.
    func synchronize() throws {
        guard fsync(number) == 0 else { throw Self.failure("written to disk", name) }
    }

    /// Makes what was overwritten survive a power cut; the file's times may not (`man 2 fdatasync`).
    func synchronizeContent() throws {
        guard fdatasync(number) == 0 else { throw Self.failure("written to disk", name) }
    }

    private static func failure(_ verb: String, _ name: String) -> StoreError {
        let reason = String(cString: strerror(errno))
        return StoreError(
            .stateNotWritten, "\(name) cannot be \(verb); check the folder and its permissions", cause: reason)
    }
}
