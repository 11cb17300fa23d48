import Foundation

/// Waits for a folder's events on a thread of its own.
///
/// After each handful it stops listening for a tenth of a second: ten thousand files dropped at once should make a few
/// looks, not ten thousand. The kernel gathers the events meanwhile.
final class InotifyThread: Sendable {
    private static let pauseBetweenGroups: Int32 = 100

    let inotify: Inotify
    private let end: EventDescriptor
    private let look: @Sendable () -> Void

    /// - Parameters:
    ///   - inotify: the descriptor.
    ///   - look: called when the folder is worth a look.
    /// - Throws: ``InotifyFault`` when the process has no descriptor left.
    init(_ inotify: Inotify, look: @escaping @Sendable () -> Void) throws(InotifyFault) {
        self.inotify = inotify
        self.look = look
        end = try EventDescriptor()
    }

    /// Begins to listen; to be called once. The thread keeps this object until ``stop()``.
    func start() {
        let thread = Thread { self.listen() }
        thread.name = "rollcall-folder"
        thread.start()
    }

    /// Listens no more. The thread ends by itself.
    func stop() { end.give() }

    private func listen() {
        while !isEnding(after: -1, or: inotify.descriptor) {
            if inotify.drain() { look() }
            if isEnding(after: Self.pauseBetweenGroups, or: nil) { return }
        }
    }

    /// Waits for the end, for a time in milliseconds (-1: for ever), or for another descriptor to be readable.
    private func isEnding(after milliseconds: Int32, or other: Int32?) -> Bool {
        // `man 2 poll`: a negative descriptor is skipped.
        var waiting = [
            pollfd(fd: end.number, events: Int16(POLLIN), revents: 0),
            pollfd(fd: other ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        while poll(&waiting, nfds_t(waiting.count), milliseconds) < 0 && errno == EINTR {}
        return waiting[0].revents != 0
    }
}
