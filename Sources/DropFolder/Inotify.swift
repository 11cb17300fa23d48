import Foundation
internal import Synchronization

/// Owner of an inotify descriptor with a watch on one folder, wherever that path leads at the moment.
final class Inotify: Sendable {
    /// What brings or takes away a file, a marker or a name, and the end of the folder. Not IN_MODIFY: a writer at work would
    /// wake us with each write, and that a file has settled is seen by looking.
    private static let events =
        UInt32(IN_CREATE) | UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_DELETE)
        | UInt32(IN_MOVED_FROM) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_ONLYDIR)

    let descriptor: Int32
    private let folder: String
    private let watch = Mutex<Int32?>(nil)

    /// Makes the descriptor; the folder is not watched yet.
    ///
    /// - Throws: ``InotifyFault`` at the system's limit.
    init(folder: String) throws(InotifyFault) {
        self.folder = folder
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { throw InotifyFault(making: errno) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Watches the folder that the path leads to now. For a folder that is watched already this changes nothing
    /// (`man 2 inotify_add_watch`); one that was deleted, unmounted, or mounted over is left for its successor.
    ///
    /// - Throws: ``InotifyFault`` when it cannot be watched, be it only because it is not there.
    func follow() throws(InotifyFault) {
        let added = inotify_add_watch(descriptor, folder, Self.events)
        let code = errno
        watch.withLock { watch in
            // The kernel has removed the watch of a deleted folder by itself; then this fails without harm.
            if let old = watch, old != added { inotify_rm_watch(descriptor, old) }
            watch = added < 0 ? nil : added
        }
        guard added >= 0 else { throw InotifyFault(watching: code) }
    }

    /// Reads all events there are.
    ///
    /// - Returns: whether one of them makes a look at the folder worth while.
    func drain() -> Bool {
        var hasWork = false
        withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 8) { buffer in
            while case let count = read(descriptor, buffer.baseAddress, buffer.count), count > 0 {
                hasWork =
                    InotifyEvents.haveWork(UnsafeRawBufferPointer(rebasing: buffer.prefix(count))) || hasWork
            }
        }
        return hasWork
    }
}
