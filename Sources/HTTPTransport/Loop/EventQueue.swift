import Basics
import CCurl
import Glibc

/// Owns an epoll instance and the descriptor that ends a wait on it.
///
/// `@unchecked Sendable`: after `init` only the loop's thread uses it, except for `wake()`, which is one system call on a
/// descriptor that stays open as long as this object.
final class EventQueue: @unchecked Sendable {
    /// Events taken by one wait; the others are there at the next.
    private static let capacity = 64

    private let owner: OwnedDescriptor
    private let alarm: OwnedDescriptor
    private let events: UnsafeMutablePointer<epoll_event>

    init() throws(HTTPTransportError) {
        owner = try Self.owner(of: epoll_create1(Int32(EPOLL_CLOEXEC)))
        alarm = try Self.owner(of: eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)))
        events = .allocate(capacity: Self.capacity)
        guard set(EPOLL_CTL_ADD, alarm.number, EPOLLIN.rawValue) else { throw Self.refusal(SystemFault(errno)) }
    }

    deinit { events.deallocate() }

    private static func owner(of number: Int32) throws(HTTPTransportError) -> OwnedDescriptor {
        try SystemFault.translating(by: refusal) { () throws(SystemFault) in
            try OwnedDescriptor(takingOwnershipOf: number)
        }
    }

    private static func refusal(_ fault: SystemFault) -> HTTPTransportError {
        HTTPTransportError(.system, "No more files can be opened: raise the limit of open files.", cause: fault.text)
    }

    /// The epoll instance's descriptor.
    var queue: Int32 { owner.number }

    /// Ends a `wait` in progress, or the next one.
    func wake() {
        eventfd_write(alarm.number, 1)
    }

    /// Watches a descriptor for these events, which replace those watched before; false, with `errno` set, if the
    /// system refused.
    func watch(_ descriptor: Int32, _ events: UInt32, isNew: Bool) -> Bool {
        if isNew { return set(EPOLL_CTL_ADD, descriptor, events) }
        // The system forgets a descriptor that is closed, even where its number has been reused.
        return set(EPOLL_CTL_MOD, descriptor, events) || errno == ENOENT && set(EPOLL_CTL_ADD, descriptor, events)
    }

    /// Stops watching a descriptor. Where the system refuses, it has already forgotten the descriptor.
    func forget(_ descriptor: Int32) {
        _ = set(EPOLL_CTL_DEL, descriptor, 0)
    }

    /// Waits for events, for at most this long or (-1) for ever, and passes them on with their descriptors; false, with
    /// `errno` set, on an error.
    func wait(milliseconds: Int32, _ body: (Int32, UInt32) -> Void) -> Bool {
        let count = epoll_wait(queue, events, Int32(Self.capacity), milliseconds)
        guard count >= 0 else { return errno == EINTR }
        for index in 0..<Int(count) {
            let event = events[index]
            if event.data.fd == alarm.number { silence() } else { body(event.data.fd, event.events) }
        }
        return true
    }

    private func silence() {
        var value: eventfd_t = 0
        eventfd_read(alarm.number, &value)
    }

    private func set(_ operation: Int32, _ descriptor: Int32, _ events: UInt32) -> Bool {
        var event = epoll_event()
        event.events = events
        event.data.fd = descriptor
        return epoll_ctl(queue, operation, descriptor, &event) == 0
    }
}

/// A thread that runs one closure.
final class LoopThread: Sendable {
    private struct Work {
        let body: @Sendable () -> Void
    }

    private let thread: Lock<pthread_t?>

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
        self.thread = Lock(thread)
    }

    deinit {
        if let thread = thread.withLock({ $0 }) { pthread_detach(thread) }
    }

    /// Waits until the closure has ended; does nothing the second time.
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
        SystemCall.nameThread("rollcall-http")
        body()
        return nil
    }
}
