import Glibc
import Synchronization

/// A thread that runs one closure.
final class LoopThread: Sendable {
    private struct Work {
        let body: @Sendable () -> Void
    }

    private let thread: Mutex<pthread_t?>

    init(_ body: @escaping @Sendable () -> Void) throws(HTTPTransportError) {
        let work = UnsafeMutablePointer<Work>.allocate(capacity: 1)
        work.initialize(to: Work(body: body))
        var thread = pthread_t()
        guard pthread_create(&thread, nil, Self.runWork, work) == 0 else {
            work.deinitialize(count: 1)
            work.deallocate()
            throw HTTPTransportError(
                .system, "A thread could not be started: see whether a limit of the system is reached.")
        }
        self.thread = Mutex(thread)
    }

    deinit {
        if let thread = thread.withLock({ $0 }) { pthread_detach(thread) }
    }

    /// Waits for the closure's end; does nothing the second time.
    func join() {
        let thread = self.thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        if let thread { pthread_join(thread, nil) }
    }

    private static let runWork: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { pointer in
        guard let work = pointer?.assumingMemoryBound(to: Work.self) else { return nil }
        let body = work.move().body
        work.deallocate()
        body()
        return nil
    }
}
