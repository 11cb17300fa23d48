import Basics
import JobRunner
import Logging
import RecordStore
import ServiceLifecycle
import Settings

/// One long-running part of the daemon as a service that is restarted when it fails for a reason of its own.
///
/// The part works until it is cancelled, or until there is nothing left to do. It can be ended at any time and started
/// again.
struct DaemonPart: Service {
    /// Its name in the log.
    let name: String
    private let service: any Service
    private let ending: StopSignal
    private let attendance: Attendance
    private let stop: StopSignal
    private let clock: any RunnerClock
    private let log: Logger

    /// How long to wait before a failed part is restarted.
    private static let pause = Duration.seconds(10)

    /// Prepares a part that works until `ending` is raised.
    init(_ name: String, _ service: any Service, until ending: StopSignal, in context: DaemonContext) {
        (self.name, self.service, self.ending) = (name, service, ending)
        (attendance, stop, clock, log) = (context.attendance, context.stop, context.clock, context.log)
    }

    /// Runs the part until the daemon's parts, or its group, are to end; if it fails for a reason of its own, the error
    /// is logged and it is restarted.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup { group in
                group.addTask { try await keepRunning() }
                group.addTask { await ending.raised() }
                try await group.next()
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        attendance.leave(name)
        // A service that ends before its turn cancels the others of its group.
        await endRequested()
    }

    private func keepRunning() async throws {
        while !Task.isCancelled {
            do {
                return try await service.run()
            } catch let error as StoreError where error.code == .diskFull && stop.isRaised {
                // What it was doing is done at the next start; it does not handle the calls' answers.
                return
            } catch  where error.endsTheDaemon {
                throw error
            } catch is CancellationError {
                return
            } catch {
                log.error(
                    "a part of the daemon failed; it begins again",
                    metadata: ["part": "\(name)", "reason": "\(OperationFailure(error).message)"])
                attendance.leave(name)
                await WakeSignal().wait(for: Self.pause, on: clock)
            }
        }
    }
}

extension Error {
    /// Whether state can no longer be recorded or read. Nothing may be sent then, so only this ends the daemon.
    var endsTheDaemon: Bool { (self as? StoreError)?.isFatal ?? false }
}

extension Service {
    /// Returns once the service is told to end, or is cancelled.
    func endRequested() async {
        // Cancellation is the one error it throws, and is a request to end like the other.
        try? await gracefulShutdown()
    }
}

extension ServiceGroup {
    /// Services that are started in order and ended in the reverse order, each once the one after it has ended; the
    /// failure of one is thrown when all have ended. The group handles no signals and logs nothing.
    ///
    /// It waits for a service that ignores that it is to end; only an ``ExitDeadline`` ends the process then. The
    /// group's own limit, `maximumCancellationDuration`, is a `fatalError`.
    init(endingInTurn services: [ServiceGroupConfiguration.ServiceConfiguration]) {
        let logger = Logger(label: "rollcall", factory: { _ in SwiftLogNoOpLogHandler() })
        self.init(configuration: ServiceGroupConfiguration(services: services, logger: logger))
    }
}

extension ServiceGroupConfiguration.ServiceConfiguration {
    /// A service whose failure ends the others in turn; by default none ends by itself.
    static func inTurn(_ service: any Service, whenItEnds behavior: TerminationBehavior = .cancelGroup) -> Self {
        Self(
            service: ServiceKnownByType(service: service), successTerminationBehavior: behavior,
            failureTerminationBehavior: .gracefullyShutdownGroup)
    }
}

/// A service that is described by its type alone.
///
/// The group asks each service for its description. A structure's own would be everything in it: 2 ms of every
/// command's start, and settings that are nobody's business.
private struct ServiceKnownByType: Service, CustomStringConvertible {
    let service: any Service

    var description: String { "\(type(of: service))" }

    func run() async throws { try await service.run() }
}

/// Gives up calls under way when they have not ended within `daemon.shutdown_grace` of the stop.
struct ShutdownGrace: Service {
    let stop: StopSignal
    let configuration: ConfigurationInForce
    let clock: any RunnerClock
    let log: Logger
    /// Called once they are given up.
    let givenUp: @Sendable () -> Void

    func run() async throws {
        await stop.raised()
        guard !Task.isCancelled else { return }
        await WakeSignal().wait(for: configuration.settings.daemon.shutdownGrace, on: clock)
        guard !Task.isCancelled else { return }
        log.warning("shutdown_grace is over: calls under way are given up and in doubt")
        stop.abandon()
        givenUp()
    }
}
