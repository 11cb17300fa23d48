package import Foundation
import Synchronization
import SystemPackage

/// The single owner of a file descriptor: it closes it, and no program started meanwhile inherits what it opened.
///
/// Calls that a signal interrupts are made again, and writes continue until all is written (swift-system). Every call may
/// block, on a network share for minutes.
package struct OwnedDescriptor: ~Copyable, Sendable {
    private let descriptor: FileDescriptor

    /// Takes over a descriptor that a system call has just returned, of a socket, a pipe or a queue of events.
    ///
    /// - Throws: What the call failed with, when it returned none (a negative number; `errno` says why).
    package init(takingOwnershipOf number: Int32) throws(SystemFault) {
        guard number >= 0 else { throw SystemFault(errno) }
        descriptor = FileDescriptor(rawValue: number)
    }

    /// Opens a file or folder.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - flags: Those of `man 2 open`; `O_CLOEXEC` is added.
    /// - Throws: Why it cannot be opened. A file made by this has mode 0600, less the umask.
    package init(opening path: String, _ flags: Int32) throws(SystemFault) {
        descriptor = try SystemFault.translating {
            try FileDescriptor.open(
                path, FileDescriptor.AccessMode(rawValue: flags & O_ACCMODE),
                options: FileDescriptor.OpenOptions(rawValue: flags & ~O_ACCMODE | O_CLOEXEC),
                permissions: [.ownerReadWrite])
        }
        if flags & O_EXCL != 0 { FileObservation.tell(FileEvent.made, of: number) }
    }

    /// The same for a name in an open folder, wherever that may be by now (`man 2 openat`).
    package init(opening name: String, in folder: borrowing OwnedDescriptor, _ flags: Int32) throws(SystemFault) {
        let folder = folder.number
        try self.init(takingOwnershipOf: SystemCall.retrying { openat(folder, name, flags | O_CLOEXEC, 0o600) })
        if flags & O_EXCL != 0 { FileObservation.tell(FileEvent.made, of: number) }
    }

    deinit {
        // On Linux it is closed even when this fails or a signal interrupts it (`man 2 close`): never tried again.
        try? descriptor.close()
    }

    /// Its number, for calls that this type has not. It must not be closed, nor kept for longer than its owner.
    package var number: Int32 { descriptor.rawValue }

    /// Closes it now.
    package consuming func close() {}
}

extension OwnedDescriptor {
    /// Reads once, without moving the place where the next read begins.
    ///
    /// - Returns: How many bytes were read: 0 at the file's end.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemFault) -> Int {
        try SystemFault.translating { try descriptor.read(fromAbsoluteOffset: Int64(offset), into: buffer) }
    }

    /// Reads bytes from an offset on until there are enough; fewer where the file is shorter.
    package func read(upTo count: Int, at offset: Int = 0) throws(SystemFault) -> [UInt8] {
        try SystemFault.translating {
            try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                while filled < count {
                    let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                    let read = try descriptor.read(fromAbsoluteOffset: Int64(offset + filled), into: rest)
                    if read == 0 { return }
                    filled += read
                }
            }
        }
    }

    /// Reads once from the current place on, from a pipe or a device, too.
    ///
    /// - Returns: How many bytes were read: 0 at the end.
    package func readNext(into buffer: UnsafeMutableRawBufferPointer) throws(SystemFault) -> Int {
        try SystemFault.translating { try descriptor.read(into: buffer) }
    }

    /// Writes all bytes at an offset.
    package func write(_ bytes: [UInt8], at offset: Int) throws(SystemFault) {
        FileObservation.tell(FileEvent.written, of: number)
        try SystemFault.translating { _ = try descriptor.writeAll(toAbsoluteOffset: Int64(offset), bytes) }
    }

    /// Writes all bytes at the current place.
    package func write(_ bytes: some Sequence<UInt8>) throws(SystemFault) {
        FileObservation.tell(FileEvent.written, of: number)
        try SystemCall.write(bytes, to: number)
    }
}

extension OwnedDescriptor {
    /// What `fstat` says of it.
    package func facts() throws(SystemFault) -> stat {
        var facts = stat()
        try SystemCall.performing { fstat(number, &facts) }
        return facts
    }

    /// Sets the permission bits, whatever the umask.
    package func setMode(_ mode: mode_t) throws(SystemFault) {
        try SystemCall.performing { fchmod(number, mode) }
    }

    /// Cuts the file off, or fills it up with zeros, to a number of bytes.
    package func truncate(to count: Int) throws(SystemFault) {
        FileObservation.tell(FileEvent.written, of: number)
        try SystemCall.performing { ftruncate(number, off_t(count)) }
    }

    /// Returns once what was written would survive a power cut (`man 2 fsync`).
    package func synchronize() throws(SystemFault) {
        try SystemCall.performing { fsync(number) }
        FileObservation.tell(FileEvent.synchronized, of: number)
    }

    /// The same for what was overwritten; the file's times may not survive (`man 2 fdatasync`).
    package func synchronizeContent() throws(SystemFault) {
        try SystemCall.performing { fdatasync(number) }
        FileObservation.tell(FileEvent.synchronized, of: number)
    }

    /// Who else may have a lock at the same time (`man 2 flock`).
    package enum Lock: Sendable {
        /// Nobody.
        case exclusive
        /// Whoever shares it.
        case shared
    }

    /// Takes the lock, which is given back with the descriptor; waits for those who have it.
    package func lock(_ lock: Lock) throws(SystemFault) {
        try SystemCall.performing { flock(number, lock == .shared ? LOCK_SH : LOCK_EX) }
    }

    /// Takes the lock if that is possible at once; whether it was.
    package func lockIfFree(_ lock: Lock) -> Bool {
        SystemCall.retrying { flock(number, (lock == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) } == 0
    }
}

/// What was done to a file, for tests: whether something was synchronized cannot be seen in the file afterwards.
package enum FileEvent: Sendable, Hashable {
    /// A file that was not there was made.
    case made(path: String)
    /// Bytes were written, or the file was cut off.
    case written(path: String)
    /// What was written would survive a power cut, of a folder the names in it.
    case synchronized(path: String)
}

/// Tells tests of the events of all files that an ``OwnedDescriptor`` owns, in their order.
package enum FileObservation {
    private static let observerCount = Atomic(0)
    private static let observers = Lock<[Int: @Sendable (FileEvent) -> Void]>([:])

    /// Calls `observer` with every event in the process while `body` is at work.
    ///
    /// - Parameters:
    ///   - observer: Called on the thread that uses the file, before that goes on.
    ///   - body: What is observed.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    package static func observing<Value>(
        by observer: @escaping @Sendable (FileEvent) -> Void, _ body: () async throws -> Value
    ) async rethrows -> Value {
        let number = observers.withLock { observers in
            let number = (observers.keys.max() ?? 0) + 1
            observers[number] = observer
            return number
        }
        observerCount.add(1, ordering: .relaxed)
        defer {
            observerCount.subtract(1, ordering: .relaxed)
            observers.withLock { _ = $0.removeValue(forKey: number) }
        }
        return try await body()
    }

    /// Tells of an event of an open file; costs one look at a number where nobody observes.
    @inline(__always)
    static func tell(_ event: (String) -> FileEvent, of descriptor: Int32) {
        if observerCount.load(ordering: .relaxed) > 0 { tell(event, ofObserved: descriptor) }
    }

    @inline(never)
    private static func tell(_ event: (String) -> FileEvent, ofObserved descriptor: Int32) {
        // A descriptor of a file that has no name leads nowhere.
        guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
        else { return }
        for observer in observers.withLock({ Array($0.values) }) { observer(event(path)) }
    }
}
