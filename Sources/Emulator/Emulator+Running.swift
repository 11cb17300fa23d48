import Logging
import ServiceLifecycle
import UnixSignals

extension Emulator {
    /// Runs an emulator for as long as the body takes, and stops it whatever the body does.
    ///
    /// - Parameters:
    ///   - configuration: its knobs.
    ///   - material: its keys and certificates.
    ///   - body: is given the emulator and the port it listens on.
    /// - Returns: what the body returned.
    /// - Throws: the body's error, or that of ``init(_:material:logger:)`` or ``run()``.
    public static func withRunning<Value: Sendable>(
        _ configuration: EmulatorConfiguration, material: EmulatorMaterial,
        _ body: @Sendable (Emulator, Int) async throws -> Value
    ) async throws -> Value {
        let emulator = try Emulator(configuration, material: material)
        return try await withThrowingTaskGroup { group in
            group.addTask { try await emulator.run() }
            let result: Result<Value, any Error>
            do {
                result = .success(try await body(emulator, try await emulator.port()))
            } catch {
                result = .failure(error)
            }
            await emulator.stop()
            try await group.waitForAll()
            return try result.get()
        }
    }

    /// Runs until the process is told to stop by SIGINT or SIGTERM.
    ///
    /// - Throws: as ``run()``.
    public func runUntilSignalled() async throws {
        let logger = Logger(label: "emulator", factory: { _ in SwiftLogNoOpLogHandler() })
        let services = ServiceGroup(services: [self], gracefulShutdownSignals: [.sigint, .sigterm], logger: logger)
        try await services.run()
    }
}
