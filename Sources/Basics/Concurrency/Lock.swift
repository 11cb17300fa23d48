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
