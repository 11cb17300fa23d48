import Foundation
import Synchronization

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
