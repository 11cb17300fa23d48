public import Glibc

/// A value that one thread at a time may look at and change, over `pthread_mutex_t`.
///
/// In the place of `Synchronization.Mutex`, whose slow path the thread sanitizer does not see: under contention it takes
/// every access behind such a lock for a race. Like that one it is not recursive, and nothing may be awaited in it.
public struct Lock<Value: ~Copyable>: ~Copyable {
    @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
    @usableFromInline let value: UnsafeMutablePointer<Value>

    /// Guards a value.
    @inlinable
    public init(_ initial: consuming sending Value) {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        // With the default attributes there is nothing that could fail (`man 3 pthread_mutex_init`).
        pthread_mutex_init(mutex, nil)
        value = .allocate(capacity: 1)
        value.initialize(to: initial)
    }

    deinit {
        value.deinitialize(count: 1)
        value.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Calls `body` with the value, and nobody else meanwhile.
    ///
    /// - Parameter body: What is done with it; must not block for long, nor come back to this lock.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    @inlinable
    public borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value.pointee)
    }
}

// The mutex lets one thread at a time at the value.
extension Lock: @unchecked Sendable where Value: ~Copyable {}

/// A counting semaphore whose time limits go by a clock that nobody sets, over `pthread_cond_t`.
///
/// Dispatch's semaphore waits by `sem_timedwait` on Linux, whose limit is a time of the wall clock
/// (`man 3 sem_timedwait`): set back by an hour, that makes each wait that is under way an hour longer; set forward, it ends
/// all of them. Where no wait has a limit, Dispatch's serves as well.
public final class MonotonicSemaphore: @unchecked Sendable {
    // What lets it be sent: `count` is touched by the thread that has `mutex` alone; the other two are made for threads.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let change: UnsafeMutablePointer<pthread_cond_t>
    private var count = 0

    /// Makes one without a signal.
    public init() {
        (mutex, change) = (.allocate(capacity: 1), .allocate(capacity: 1))
        mutex.initialize(to: pthread_mutex_t())
        change.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // It fails only for clocks of processor time (`man 3 pthread_condattr_setclock`).
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(change, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(change)
        pthread_mutex_destroy(mutex)
        change.deallocate()
        mutex.deallocate()
    }

    /// Lets one wait end, now or later.
    public func signal() {
        pthread_mutex_lock(mutex)
        count += 1
        // Before the mutex is given back: whoever is woken may be the last one to hold this.
        pthread_cond_signal(change)
        pthread_mutex_unlock(mutex)
    }

    /// Blocks until there is a signal, and takes it.
    public func wait() {
        pthread_mutex_lock(mutex)
        while count == 0 { pthread_cond_wait(change, mutex) }
        count -= 1
        pthread_mutex_unlock(mutex)
    }

    /// Blocks until there is a signal, and takes it.
    ///
    /// - Parameter limit: The longest wait; time for which the machine sleeps does not count.
    /// - Returns: Whether there was one.
    public func wait(for limit: Duration) -> Bool {
        var end = timespec()
        clock_gettime(CLOCK_MONOTONIC, &end)  // It cannot fail for this clock (`man 2 clock_gettime`).
        let left = max(0, limit.nanoseconds)
        // Far beyond any machine's life, and far from what a `time_t` holds.
        end.tv_sec += min(Int(left / 1_000_000_000), 1 << 40)
        end.tv_nsec += Int(left % 1_000_000_000)
        if end.tv_nsec >= 1_000_000_000 { (end.tv_sec, end.tv_nsec) = (end.tv_sec + 1, end.tv_nsec - 1_000_000_000) }
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while count == 0 { if pthread_cond_timedwait(change, mutex, &end) == ETIMEDOUT { break } }
        guard count > 0 else { return false }
        count -= 1
        return true
    }
}
