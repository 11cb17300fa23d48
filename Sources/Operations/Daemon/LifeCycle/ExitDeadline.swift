import Basics
import Foundation

/// Ends the process if it does not end in order.
///
/// A task group waits for all its children and a service group for all its services, whatever they wait for: a disk, a
/// share or a lock that never answers would keep a process alive for ever. This one waits on a thread of its own and
/// then ends the process with 3, as if it had been killed: calls under way are in doubt at the next start.
final class ExitDeadline: Sendable {
    private struct State {
        var end: ContinuousClock.Instant?
        var isWatched = false
    }

    /// How long the end may take once everything is to be abandoned at once.
    static let atOnce = Duration.seconds(10)
    /// How long an orderly end may take longer than the calls that it waits for.
    static let margin = Duration.seconds(45)

    private let state = Lock(State())
    private let change = MonotonicSemaphore()
    private let end: @Sendable () -> Void

    /// Prepares a deadline that is not set yet; `end` is what happens then.
    init(end: @escaping @Sendable () -> Void = ExitDeadline.endProcess) {
        self.end = end
    }

    /// Whether the process ends by itself now or later.
    var isSet: Bool { state.withLock { $0.end != nil } }

    /// The process ends after so long at the latest; a deadline that was set before and is earlier stays.
    func set(_ duration: Duration) {
        let isFirst = state.withLock { state in
            state.end = min(state.end ?? .now + duration, .now + duration)
            defer { state.isWatched = true }
            return !state.isWatched
        }
        if isFirst { Thread { self.watch() }.start() } else { change.signal() }
    }

    private func watch() {
        SystemCall.nameThread("rollcall-exit")
        while let left = state.withLock({ $0.end.map { $0 - .now } }), left > .zero {
            _ = change.wait(for: left)
        }
        end()
    }

    private static let endProcess: @Sendable () -> Void = {
        let text = Array("rollcall: it did not end in time and leaves at once; calls under way are in doubt\n".utf8)
        // There is nobody left to report a failure to.
        _ = write(STDERR_FILENO, text, text.count)
        _exit(ExitStatus.unfinished.rawValue)
    }
}
