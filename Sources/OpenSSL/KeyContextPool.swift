import Synchronization

/// Key contexts that are set up once and lent to one caller at a time; there come to be as many as threads at work.
final class KeyContextPool: Sendable {
    private let key: KeyHandle
    private let operation: KeyContext.Operation
    private let idle = Mutex<[KeyContext]>([])

    init(_ key: KeyHandle, for operation: KeyContext.Operation) {
        self.key = key
        self.operation = operation
    }

    func withContext<Result>(_ body: (OpaquePointer) throws -> Result) throws -> Result {
        let context = try idle.withLock { $0.popLast() } ?? KeyContext(key, for: operation)
        defer { idle.withLock { $0.append(context) } }
        return try body(context.pointer)
    }
}
