import JobRunner
import Logging
import RecordStore

extension Error {
    /// Whether state can no longer be recorded or read. Nothing may be sent then, so this, and nothing else, ends the
    /// daemon.
    var endsTheDaemon: Bool { (self as? StoreError)?.isFatal ?? false }
}

/// One long-running part of the daemon, run beside the others.
struct DaemonPart: Sendable {
    /// What it is called in the log.
    let name: String
    /// Works until it is cancelled, or until there is nothing left to do. It can be ended at any moment and begun again.
    let run: @Sendable () async throws -> Void

    /// How long a part that failed rests before it begins again.
    static let pause = Duration.seconds(10)

    init(_ name: String, _ run: @escaping @Sendable () async throws -> Void) {
        (self.name, self.run) = (name, run)
    }

    /// Runs the part; where it fails for a reason of its own it is logged and begins again.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func keepRunning(in context: DaemonContext) async throws {
        defer { context.attendance.leave(name) }
        while !Task.isCancelled {
            do {
                return try await run()
            } catch let error as StoreError where error.code == .diskFull && context.stop.isRaised {
                // What it was doing is done at the next start; calls' answers are not its affair.
                return
            } catch  where error.endsTheDaemon {
                throw error
            } catch is CancellationError {
                return
            } catch {
                context.log.error(
                    "a part of the daemon failed; it begins again",
                    metadata: ["part": "\(name)", "reason": "\(OperationFailure(error).message)"])
                context.attendance.leave(name)
                await WakeSignal().wait(for: Self.pause, on: context.clock)
            }
        }
    }
}
