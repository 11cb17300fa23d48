import Basics
import CPlatform
import Foundation

/// Owner of an inotify descriptor with a watch on one folder, wherever that path leads at present.
final class Inotify: Sendable {
    /// What adds or removes a file, a marker or a name, and the end of the folder. Not IN_MODIFY: a program writing a
    /// file would wake us with each write, and whether a file has settled is found out by looking.
    private static let events =
        UInt32(IN_CREATE) | UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_DELETE)
        | UInt32(IN_MOVED_FROM) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_ONLYDIR)

    let descriptor: OwnedDescriptor
    private let folder: String
    private let watch = Lock<Int32?>(nil)

    /// Creates the descriptor; the folder is not watched yet.
    ///
    /// - Throws: ``InotifyFault`` at the system's limit.
    init(folder: String) throws(InotifyFault) {
        self.folder = folder
        descriptor = try SystemFault.translating(by: InotifyFault.init(making:)) { () throws(SystemFault) in
            try OwnedDescriptor(takingOwnershipOf: inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC)))
        }
    }

    /// Watches the folder that the path leads to now. For a folder that is watched already this changes nothing
    /// (`man 2 inotify_add_watch`); one that was deleted, unmounted, or mounted over is left for its successor.
    ///
    /// - Throws: ``InotifyFault`` when it cannot be watched, even if only because it does not exist.
    func follow() throws(InotifyFault) {
        let added = inotify_add_watch(descriptor.number, folder, Self.events)
        let code = errno
        watch.withLock { watch in
            // The kernel has already removed the watch of a deleted folder; this then fails harmlessly.
            if let old = watch, old != added { inotify_rm_watch(descriptor.number, old) }
            watch = added < 0 ? nil : added
        }
        guard added >= 0 else { throw InotifyFault(watching: code) }
    }

    /// Reads all events there are.
    ///
    /// - Returns: whether one of them makes it worth looking at the folder.
    func drain() -> Bool {
        var hasWork = false
        withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 8) { buffer in
            while case let count = read(descriptor.number, buffer.baseAddress, buffer.count), count > 0 {
                hasWork =
                    InotifyEvents.haveWork(UnsafeRawBufferPointer(rebasing: buffer.prefix(count))) || hasWork
            }
        }
        return hasWork
    }
}

/// Reads what the kernel writes: `struct inotify_event`, each followed by its name (`man 7 inotify`).
enum InotifyEvents {
    private static let headerSize = MemoryLayout<inotify_event>.size

    /// Whether any of these events can mean a file to ingest, or to report. Those about our own texts cannot; an
    /// overflow, and the end of the folder, can.
    static func haveWork(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while offset + headerSize <= bytes.count {
            let event = bytes.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
            let end = min(offset + headerSize + Int(event.len), bytes.count)
            let name = bytes[(offset + headerSize)..<end].prefix { $0 != 0 }
            // An event without a name is about the folder itself or the queue.
            if name.isEmpty || InboxName(String(decoding: name, as: UTF8.self)) != .own { return true }
            offset = end
        }
        return false
    }
}

/// Why the system does not report a folder's changes, so that only polling is left.
struct InotifyFault: Error, Equatable {
    /// One sentence that says what to do; nil where a folder is missing, which the polling will report.
    let message: String?

    /// `inotify_init1` failed.
    init(making fault: SystemFault) {
        let code = fault.code
        message =
            code == EMFILE || code == ENFILE
            ? "changes of folders are found by polling only: raise fs.inotify.max_user_instances or the limit of open files"
            : Self.polling(code)
    }

    /// `inotify_add_watch` failed.
    init(watching code: Int32) {
        message =
            switch code {
            case ENOENT, ENOTDIR: nil
            case ENOSPC: "changes of folders are found by polling only: raise fs.inotify.max_user_watches"
            default: Self.polling(code)
            }
    }

    private static func polling(_ code: Int32) -> String {
        "changes of folders are found by polling only: \(String(cString: strerror(code)))"
    }
}

/// Waits for a folder's events on a thread of its own.
///
/// After each batch of events it stops listening for a tenth of a second: ten thousand files dropped at once should
/// cause a few looks, not ten thousand. The kernel queues the events meanwhile.
final class InotifyThread: Sendable {
    /// In milliseconds; see above.
    private static let pauseBetweenGroups: Int32 = 100

    let inotify: Inotify
    private let end: EventDescriptor
    private let look: @Sendable () -> Void

    /// - Parameters:
    ///   - inotify: the descriptor.
    ///   - look: called when the folder should be looked at.
    /// - Throws: ``InotifyFault`` when the process has no descriptor left.
    init(_ inotify: Inotify, look: @escaping @Sendable () -> Void) throws(InotifyFault) {
        self.inotify = inotify
        self.look = look
        end = try EventDescriptor()
    }

    /// Begins to listen; to be called once. The thread keeps this object until ``stop()``.
    func start() {
        Thread {
            SystemCall.nameThread("rollcall-folder")
            self.listen()
        }.start()
    }

    /// Stops listening. The thread then ends.
    func stop() { end.give() }

    private func listen() {
        while !isEnding(after: -1, or: inotify.descriptor.number) {
            if inotify.drain() { look() }
            if isEnding(after: Self.pauseBetweenGroups, or: nil) { return }
        }
    }

    /// Waits for the end, for a time in milliseconds (-1: for ever), or for another descriptor to be readable.
    private func isEnding(after milliseconds: Int32, or other: Int32?) -> Bool {
        // `man 2 poll`: a negative descriptor is skipped.
        var waiting = [
            pollfd(fd: end.descriptor.number, events: Int16(POLLIN), revents: 0),
            pollfd(fd: other ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        while poll(&waiting, nfds_t(waiting.count), milliseconds) < 0 && errno == EINTR {}
        return waiting[0].revents != 0
    }
}

/// Owner of an event that is signalled once and can be polled for.
final class EventDescriptor: Sendable {
    let descriptor: OwnedDescriptor

    /// - Throws: ``InotifyFault`` when the process has no descriptor left.
    init() throws(InotifyFault) {
        descriptor = try SystemFault.translating(by: InotifyFault.init(making:)) { () throws(SystemFault) in
            try OwnedDescriptor(takingOwnershipOf: rollcall_event_descriptor())
        }
    }

    /// Makes it readable, for good. It cannot fail: the counter is far from full.
    func give() { _ = rollcall_give_event(descriptor.number) }
}
