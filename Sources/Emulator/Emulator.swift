package import Basics
import Foundation
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// The settings of an emulator: where it listens, how fast and how reliably it answers.
package struct EmulatorConfiguration: Sendable {
    /// The address to listen on; a name or an IP address. 127.0.0.1 by default.
    package var host = "127.0.0.1"
    /// The TCP port to listen on; 0 takes a free one, reported by ``Emulator/port()``.
    package var port = 8443
    /// How long every call waits before its answer is sent.
    package var latency: Duration = .zero
    /// The most that is added to ``latency`` by chance, drawn from the seed, the record and the attempt.
    package var jitter: Duration = .zero
    /// Calls answered per second before the emulator answers 429 with `Retry-After: 1`; nil: no limit. A tenth of a
    /// second's worth may come at once.
    package var rate: Double?
    /// The share of calls that go wrong, by kind. Records with a scenario of their own are exempt.
    package var faults = FaultMix()
    /// Chooses the faults: the same seed, record and attempt always get the same result.
    package var seed: UInt64 = 1
    /// The generation of the API whose insights are answered.
    package var generation = InsightsGeneration.asRequested
    /// Answer 400 with an HTML page, as nginx does, to a client without our client certificate, instead of failing the
    /// handshake. Only the certificate of ``EmulatorMaterial/client`` is accepted then.
    package var answersCertificateErrors = false
    /// The file to which every call is appended as a line of JSON (mode 0600); nil: counted in memory only.
    package var callLogPath: String?
    /// Called with the number of calls so far each time one has been counted and logged, before it is answered. Must be
    /// fast.
    package var onCall: (@Sendable (Int) -> Void)?
    /// Awaited before each call is answered, once it has been counted and logged: holds answers back.
    package var beforeAnswer: (@Sendable () async -> Void)?

    /// Makes the default configuration: 127.0.0.1:8443, no latency, no limit, no faults.
    package init() {}

    /// Makes a default configuration that listens elsewhere.
    ///
    /// - Parameter address: host and port, such as `127.0.0.1:8443`, `:0` or `[::1]:8443`.
    /// - Returns: the configuration; without a host 127.0.0.1.
    /// - Throws: ``EmulatorError`` if it is not such an address.
    package static func listening(on address: String) throws(EmulatorError) -> Self {
        guard let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...]) else {
            throw .noAddress
        }
        let host = address[..<colon].filter { $0 != "[" && $0 != "]" }
        var configuration = Self()
        configuration.port = Int(port)
        if !host.isEmpty { configuration.host = host }
        return configuration
    }
}

/// Which of the two live generations of the API the emulator's insights belong to.
package enum InsightsGeneration: String, Sendable, CaseIterable {
    /// The newer one for a request with `device.screenWidth` or `device.screenHeight`, else 0.2.2.
    case asRequested = "as-requested"
    /// OpenAPI 0.2.2: `device.scores.deviceRiskFactor` and its siblings.
    case classic = "0.2.2"
    /// The newer one: `device.score.deviceRisk`.
    case newer = "newer"
}

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

/// Why the emulator cannot start or continue, and what to do about it.
package typealias EmulatorError = CodedError<EmulatorErrorCode>

/// What kind of trouble the emulator has.
package enum EmulatorErrorCode: Sendable, Equatable {
    /// An option has a value that cannot be used.
    case usage
    /// A file or folder of the emulator cannot be used.
    case files
    /// The log of calls cannot be written.
    case log
    /// The address cannot be listened on.
    case address
    /// The emulator stopped before it listened.
    case stopped
}

extension EmulatorError {
    static func unknownFault(names: [String]) -> Self {
        Self(.usage, "a fault of the mix is unknown; use \(names.joined(separator: ", "))")
    }

    static func noFraction(kind: String) -> Self {
        Self(.usage, "the share of fault \(kind) is no fraction; write \(kind)=0.01 or \(kind)=1%")
    }

    static var faultsAboveOne: Self {
        Self(.usage, "the shares of the faults sum to more than 1; make them smaller")
    }

    static var noAddress: Self {
        Self(.usage, "the address to listen on is no host:port; write for instance 127.0.0.1:8443")
    }

    static func cannotListen(on address: String, _ reason: String) -> Self {
        Self(
            .address, "\(address) cannot be listened on (\(reason)); stop what uses it or choose another")
    }

    static func incompleteKeys(missing: String) -> Self {
        Self(
            .files, "\(missing) is missing beside the other keys; put it back, or remove the folder pki for new keys")
    }

    static var noKeys: Self {
        Self(.files, "the emulator needs one set of keys at least; give it some")
    }

    static func file(_ name: String, _ reason: String) -> Self {
        Self(.files, "\(name): \(reason)")
    }

    static func log(_ reason: String) -> Self {
        Self(
            .log, "the log of calls cannot be written (\(reason)); free space or choose another path")
    }

    static var stoppedBeforeListening: Self {
        Self(.stopped, "the emulator stopped before it listened; see the error of run()")
    }
}
