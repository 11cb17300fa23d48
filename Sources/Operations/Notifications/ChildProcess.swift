import Basics
import CPlatform
import Foundation

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
    private let isReaped = Lock(false)

    /// Starts a program; one named without a `/` is looked up in `PATH`.
    ///
    /// - Parameters:
    ///   - command: the program and its arguments.
    ///   - environment: all its variables.
    ///   - folder: where it runs.
    ///   - input: what it reads, less than a pipe holds (64 KiB).
    /// - Throws: a sentence that says why it could not be started.
    init(_ command: [String], environment: [String: String], in folder: String, input: [UInt8]) throws(Refusal) {
        let reading = try Self.pipe(holding: input)
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
        await BlockingWork.run { reap() }
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

    /// The end from which some bytes can be read, and then their end.
    private static func pipe(holding bytes: [UInt8]) throws(Refusal) -> OwnedDescriptor {
        var ends: [Int32] = [-1, -1]
        guard rollcall_pipe(&ends) == 0 else { throw Refusal(code: errno) }
        return try SystemFault.translating(by: { Refusal("its input did not fit: \($0.text)") }) {
            () throws(SystemFault) in
            let reading = try OwnedDescriptor(takingOwnershipOf: ends[0])
            let writing = try OwnedDescriptor(takingOwnershipOf: ends[1])
            _ = fcntl(writing.number, F_SETFL, O_NONBLOCK)
            // There is room for all of it, so nobody needs to read yet.
            try writing.write(bytes)
            return reading
        }
    }
}

extension ChildProcess {
    /// The descriptors to which a program writes; nil: to none.
    struct Outputs {
        var output: Int32?
        var errors: Int32?
    }

    /// Starts the program with nothing of ours but its input and outputs: no other descriptor, no ignored signal, no
    /// process group.
    static func spawn(
        _ command: [String], _ environment: [String: String], _ folder: String, input: borrowing OwnedDescriptor,
        outputs: Outputs = Outputs()
    ) throws(Refusal) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        try prepare(&actions, folder, input: input, outputs)
        prepare(&attributes)
        let arguments = Strings(command)
        let variables = Strings(environment.map { "\($0)=\($1)" })
        var process: pid_t = 0
        let code = posix_spawnp(&process, command[0], &actions, &attributes, arguments.pointers, variables.pointers)
        guard code == 0 else { throw Refusal(code: code) }
        return process
    }

    private static func prepare(
        _ actions: inout posix_spawn_file_actions_t, _ folder: String, input: borrowing OwnedDescriptor,
        _ outputs: Outputs
    ) throws(Refusal) {
        let codes = [
            posix_spawn_file_actions_adddup2(&actions, input.number, STDIN_FILENO),
            prepare(&actions, STDOUT_FILENO, outputs.output), prepare(&actions, STDERR_FILENO, outputs.errors),
            rollcall_spawn_without(&actions, STDERR_FILENO + 1),
            rollcall_spawn_in(&actions, folder),
        ]
        if let code = codes.first(where: { $0 != 0 }) { throw Refusal(code: code) }
    }

    private static func prepare(
        _ actions: inout posix_spawn_file_actions_t, _ number: Int32, _ source: Int32?
    ) -> Int32 {
        source.map { posix_spawn_file_actions_adddup2(&actions, $0, number) }
            ?? posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_WRONLY, 0)
    }

    private static func prepare(_ attributes: inout posix_spawnattr_t) {
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }

    /// C's array of strings, terminated by a null pointer; freed with its owner.
    private final class Strings {
        let pointers: [UnsafeMutablePointer<CChar>?]

        init(_ texts: [String]) { pointers = texts.map { strdup($0) } + [nil] }
        deinit { for pointer in pointers { free(pointer) } }
    }
}
