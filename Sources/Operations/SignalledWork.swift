import JobRunner
import Logging
import ServiceLifecycle
import Synchronization

/// Runs one piece of work beside services that watch over it, until the work is done.
enum SignalledWork {
    /// The work's result; `stop` is raised by SIGINT and SIGTERM while it goes on. Calls under way, and answers that wait
    /// for room on a full disk, are waited for as long as `grace` after that.
    static func run<Value: Sendable>(
        stop: StopSignal, console: Console, grace: Duration = .zero,
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await run(beside: [SignalService(stop: stop, console: console, grace: grace)], work)
    }

    /// The work's result; when it is done the services end too.
    static func run<Value: Sendable>(
        beside services: [any Service], _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let service = WorkService(work: work)
        let worker = ServiceGroupConfiguration.ServiceConfiguration(
            service: service, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup)
        let logger = Logger(label: "rollcall", factory: { _ in SwiftLogNoOpLogHandler() })
        try await ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [worker] + services.map { .init(service: $0) }, logger: logger)
        ).run()
        return try service.result()
    }
}

/// Work that ends by itself, as a service; its result waits here.
private final class WorkService<Value: Sendable>: Service {
    private let work: @Sendable () async throws -> Value
    private let outcome = Mutex<Result<Value, any Error>?>(nil)

    init(work: @escaping @Sendable () async throws -> Value) {
        self.work = work
    }

    func run() async throws {
        do {
            let value = try await work()
            outcome.withLock { $0 = .success(value) }
        } catch {
            outcome.withLock { $0 = .failure(error) }
        }
    }

    func result() throws -> Value {
        guard let outcome = outcome.withLock({ $0 }) else {
            throw OperationFailure(.unfinished, "stopped before the work was done; run the same command again")
        }
        return try outcome.get()
    }
}
