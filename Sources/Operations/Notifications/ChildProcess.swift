import CPlatform
import Foundation
import Synchronization

/// A command of the user's as a process: it reads its input, its output goes nowhere, and it can be ended with all it
/// started.
final class ChildProcess: Sendable {
    /// How a process ended.
    enum End: Equatable {
        case exit(Int32)
        case signal(Int32)
    }

    private let process: pid_t
    /// Once reaped, the number may be another process's: nothing is sent to it any more.
    private let isReaped = Mutex(false)

    /// Starts a program; one named without a `/` is looked up in `PATH`.
    ///
    /// - Parameters:
    ///   - command: the program and its arguments.
    ///   - environment: all its variables.
    ///   - folder: where it runs.
    ///   - input: what it reads, less than a pipe holds (64 KiB).
    /// - Throws: a sentence that says why it could not be started.
    init(_ command: [String], environment: [String: String], in folder: String, input: [UInt8]) throws(Refusal) {
        let (reading, writing) = try Self.pipe()
        defer { close(reading) }
        // There is room for all of it, so nobody needs to read yet; its end follows at once.
        let isWhole = Foundation.write(writing, input, input.count) == input.count
        close(writing)
        guard isWhole else { throw Refusal("its input did not fit") }
        process = try Self.spawn(command, environment, folder, input: reading)
    }

    /// Why a process could not be started.
    struct Refusal: Error {
        let message: String

        init(_ message: String) { self.message = message }
        init(code: Int32) { message = String(cString: strerror(code)) }
    }

    /// Waits until it has ended; to be called once.
    func ended() async -> End {
        await withCheckedContinuation { waiter in
            DispatchQueue.global().async { waiter.resume(returning: self.reap()) }
        }
    }

    /// Ends it at once, with all processes of its group.
    func kill() {
        isReaped.withLock { if !$0 { Foundation.kill(-process, SIGKILL) } }
    }

    private func reap() -> End {
        // Waits without reaping, so that its number stays its own until the lock is held.
        var information = siginfo_t()
        while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        return isReaped.withLock { isReaped in
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            isReaped = true
            // `man 2 waitpid`: the low seven bits are the signal, the byte above them the exit code.
            return status & 0x7F == 0 ? .exit((status >> 8) & 0xFF) : .signal(status & 0x7F)
        }
    }

    private static func pipe() throws(Refusal) -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        guard rollcall_pipe(&ends) == 0 else { throw Refusal(code: errno) }
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        return (ends[0], ends[1])
    }
}
