import Basics
import Foundation
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// A local stand-in for Identity Insights for Accounts: an HTTPS server that demands a client certificate, opens
/// the encrypted requests, checks them by the API's field rules and answers with encrypted insights.
///
/// ``run()`` does the work, as a service or in a task group; ``port()`` returns the port once it listens.
package final class Emulator: Service, Sendable {
    private let group: ServiceGroup
    private let listening: PortSignal
    private let log: CallLog
    private let keys: KeysInUse
    private let address: String

    /// Makes an emulator that does not listen yet.
    ///
    /// - Parameters:
    ///   - configuration: its settings.
    ///   - material: its keys and certificates.
    ///   - logger: receives the server's own error messages; none by default.
    /// - Throws: ``EmulatorError`` if the log of calls cannot be opened; `OpenSSLError` or a TLS error if the material
    ///   cannot be used.
    package init(
        _ configuration: EmulatorConfiguration, material: EmulatorMaterial,
        logger: Logger = Logger(label: "emulator", factory: { _ in SwiftLogNoOpLogHandler() })
    ) throws {
        let listening = PortSignal()
        log = try CallLog(path: configuration.callLogPath, onCall: configuration.onCall)
        let channel = try EmulatorChannel(configuration, material: material, log: log)
        keys = channel.keys
        let server = channel.server(
            configuration: .init(address: .hostname(configuration.host, port: configuration.port)),
            onServerRunning: { listening.settle(.success($0.localAddress?.port ?? configuration.port)) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        group = ServiceGroup(services: [server], logger: logger)
        self.listening = listening
        address = "\(configuration.host):\(configuration.port)"
    }

    /// Listens and serves until ``stop()``, a graceful shutdown, or cancellation. Can be run once.
    ///
    /// - Throws: ``EmulatorError`` if the address cannot be listened on.
    package func run() async throws {
        do {
            try await group.run()
        } catch {
            let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) }
            let error = reason.map { EmulatorError.cannotListen(on: address, $0) } ?? error
            listening.settle(.failure(error))
            throw error
        }
        listening.settle(.failure(EmulatorError.stoppedBeforeListening))
    }

    /// The port it listens on, as soon as it does.
    ///
    /// - Throws: the error of ``run()`` if it ended before; waits for ever if nothing calls it.
    package func port() async throws -> Int {
        try await listening.port()
    }

    /// Stops listening, ends calls that hang, and lets ``run()`` return once the other answers are sent.
    package func stop() async {
        await group.triggerGracefulShutdown()
    }

    /// Continues with other keys, as the API does when one is changed in the portal. Connections stay; each is served by
    /// the keys in place when a request comes.
    ///
    /// - Parameter materials: at least one; requests and certificates of all are accepted, answers come under each in
    ///   turn, and the last has the server's certificate.
    /// - Throws: an error of OpenSSL, NIOSSL or JOSE if one cannot be used; the keys stay as they were then.
    package func exchangeKeys(for materials: [EmulatorMaterial]) throws {
        try keys.exchange(for: materials)
    }

    /// What has been counted so far.
    package var calls: CallCounts { log.counts }
}

extension Emulator {
    /// Runs an emulator for as long as the body takes, and stops it whatever the body does.
    ///
    /// - Parameters:
    ///   - configuration: its settings.
    ///   - material: its keys and certificates.
    ///   - body: receives the emulator and the port it listens on.
    /// - Returns: what the body returned.
    /// - Throws: the body's error, or that of ``init(_:material:logger:)`` or ``run()``.
    package static func withRunning<Value: Sendable>(
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

    /// Runs until SIGINT or SIGTERM.
    ///
    /// - Throws: as ``run()``.
    package func runUntilSignalled() async throws {
        let logger = Logger(label: "emulator", factory: { _ in SwiftLogNoOpLogHandler() })
        let services = ServiceGroup(services: [self], gracefulShutdownSignals: [.sigint, .sigterm], logger: logger)
        try await services.run()
    }
}

/// Reports once, to any number of waiters, on which port the emulator listens, or that it will not.
final class PortSignal: Sendable {
    private enum State {
        case open([CheckedContinuation<Int, any Error>])
        case settled(Result<Int, any Error>)
    }

    private let state = Lock(State.open([]))

    /// The first result counts; later ones are ignored.
    func settle(_ result: Result<Int, any Error>) {
        let waiters: [CheckedContinuation<Int, any Error>] = state.withLock { state in
            guard case .open(let waiters) = state else { return [] }
            state = .settled(result)
            return waiters
        }
        for waiter in waiters { waiter.resume(with: result) }
    }

    /// Waits for the result.
    func port() async throws -> Int {
        try await withCheckedThrowingContinuation { continuation in
            let settled: Result<Int, any Error>? = state.withLock { state in
                if case .settled(let result) = state { return result }
                if case .open(let waiters) = state { state = .open(waiters + [continuation]) }
                return nil
            }
            if let settled { continuation.resume(with: settled) }
        }
    }
}
