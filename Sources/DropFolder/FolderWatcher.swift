import Basics

/// Reports when a folder should be looked at: at once where the kernel reports changes, and on every round of a poll,
/// which is all there is on network file systems. A folder that is deleted or unmounted is found again when it is back.
package final class FolderWatcher: Sendable {
    /// One element for each time the folder should be looked at; elements not yet consumed are merged into one.
    /// The first comes when ``run()`` begins. For one reader.
    package let looks: AsyncStream<Void>

    private let folder: String
    private let pause: @Sendable () async -> Void
    private let report: @Sendable (String) -> Void
    private let makeInotify: @Sendable (String) throws(InotifyFault) -> Inotify
    private let signal: AsyncStream<Void>.Continuation
    private let hasReported = Lock(false)

    /// Creates a watcher that watches nothing yet.
    ///
    /// - Parameters:
    ///   - folder: the folder, which need not exist.
    ///   - pause: returns after one round of the poll, and at once in a cancelled task.
    ///   - report: called once, with one sentence, when only the poll is left and why.
    package convenience init(
        folder: String, pause: @escaping @Sendable () async -> Void, report: @escaping @Sendable (String) -> Void
    ) {
        self.init(folder: folder, pause: pause, report: report, makeInotify: Inotify.init(folder:))
    }

    init(
        folder: String, pause: @escaping @Sendable () async -> Void, report: @escaping @Sendable (String) -> Void,
        makeInotify: @escaping @Sendable (String) throws(InotifyFault) -> Inotify
    ) {
        self.folder = folder
        self.pause = pause
        self.report = report
        self.makeInotify = makeInotify
        (looks, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Watches until the task is cancelled; then ``looks`` ends. To be called once.
    package func run() async {
        let events = listen()
        while !Task.isCancelled {
            if let events { follow(events) }
            signal.yield()
            await pause()
        }
        events?.stop()
        signal.finish()
    }

    private func listen() -> InotifyThread? {
        do throws(InotifyFault) {
            let events = try InotifyThread(makeInotify(folder)) { [signal] in signal.yield() }
            events.start()
            return events
        } catch {
            reportOnce(error)
            return nil
        }
    }

    private func follow(_ events: InotifyThread) {
        do throws(InotifyFault) {
            try events.inotify.follow()
        } catch {
            reportOnce(error)
        }
    }

    private func reportOnce(_ fault: InotifyFault) {
        guard let message = fault.message else { return }
        let isFirst = hasReported.withLock { hasReported in
            defer { hasReported = true }
            return !hasReported
        }
        if isFirst { report(message) }
    }
}
