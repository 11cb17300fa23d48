import Foundation
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// A local stand-in for Identity Insights for Accounts: an HTTPS server that demands a client certificate, opens
/// the encrypted requests, checks them by the API's field rules and answers with encrypted insights.
///
/// ``run()`` does the work, as a service or in a task group; ``port()`` says when and where it listens.
public final class Emulator: Service, Sendable {
    private let group: ServiceGroup
    private let listening: PortSignal
    private let log: CallLog
    private let address: String

    /// Makes an emulator; nothing listens yet.
    ///
    /// - Parameters:
    ///   - configuration: its knobs.
    ///   - material: its keys and certificates.
    ///   - logger: where the server's own complaints go; by default nowhere.
    /// - Throws: ``EmulatorError`` where the log of calls cannot be opened; `OpenSSLError` or a TLS error
    ///   where the material cannot be used.
    public init(
        _ configuration: EmulatorConfiguration, material: EmulatorMaterial,
        logger: Logger = Logger(label: "emulator", factory: { _ in SwiftLogNoOpLogHandler() })
    ) throws {
        let listening = PortSignal()
        log = try CallLog(path: configuration.callLogPath, onCall: configuration.onCall)
        let channel = try EmulatorChannel(configuration, material: material, log: log)
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
    /// - Throws: ``EmulatorError`` where the address cannot be listened on.
    public func run() async throws {
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
    /// - Throws: the error of ``run()`` where it ended before; waits for ever where nobody runs it.
    public func port() async throws -> Int {
        try await listening.port()
    }

    /// Stops listening, ends calls that hang, and lets ``run()`` return once the other answers are sent.
    public func stop() async {
        await group.triggerGracefulShutdown()
    }

    /// What has been counted so far.
    public var calls: CallCounts { log.counts }
}
