import Dispatch

/// Waits for something that announces itself to nobody, such as a change in a database or in another process.
///
/// Between two looks others have their turn, and soon the processor, too: what is waited for is often another process's
/// work, and a look may be a question to a browser or a connection to a server. A suite's time limit (`.timeLimit`) does
/// nothing but cancel the task of the test, and then waits for it: a loop that only looks and yields would hold the whole
/// run of tests, and a processor, for ever. So whatever is to become true while a test does nothing is waited for here.
///
/// ```swift
/// try await waitUntil { store.storageCondition == .normal }
/// ```
///
/// Where the test's clock stands still, it moves only if the condition moves it.
///
/// - Parameter isTrue: The condition; it must become true by itself.
/// - Throws: `CancellationError` when the task has been cancelled before, as it is when the test's time is over; what
///   `isTrue` throws.
public func waitUntil(_ isTrue: () async throws -> Bool) async throws {
    _ = try await waitFor { try await isTrue() ? true : nil }
}

/// Waits for a value that announces itself to nobody; see ``waitUntil(_:)``.
///
/// - Parameter value: The value; nil as long as there is none.
/// - Returns: The first value.
/// - Throws: `CancellationError` when the task has been cancelled before; what `value` throws.
public func waitFor<Value>(_ value: () async throws -> Value?) async throws -> Value {
    var looks = 0
    while true {
        let begun = ContinuousClock.now
        if let found = try await value() { return found }
        let look = ContinuousClock.now - begun
        try Task.checkCancellation()
        looks += 1
        if look > dearLook {
            await pause(for: look * 4)
        } else if looks <= quickLooks {
            await Task.yield()
        } else {
            await pause(for: .milliseconds(5))
        }
    }
}

/// So many looks follow one another at once: most of what happens in this process has happened then.
private let quickLooks = 100

/// A look that takes longer asks another process, such as a browser or a database: that is left more time for what is waited
/// for than looking takes.
private let dearLook = Duration.milliseconds(2)

/// Lets other processes work.
private func pause(for time: Duration) async {
    let nanoseconds = Int(min(time, .milliseconds(200)) / .nanoseconds(1))
    await withCheckedContinuation { continuation in
        DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) { continuation.resume() }
    }
}
