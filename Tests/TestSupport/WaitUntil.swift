/// Waits for something that announces itself to nobody, such as a change in a database or in another process.
///
/// Between two looks others have their turn. A suite's time limit (`.timeLimit`) does nothing but cancel the task of the
/// test, and then waits for it: a loop that only looks and yields would hold the whole run of tests, and a processor, for
/// ever. So whatever is to become true while a test does nothing is waited for here.
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
    while true {
        if let found = try await value() { return found }
        try Task.checkCancellation()
        await Task.yield()
    }
}
