import Basics
import CPlatform
package import Foundation

/// A program as a process of its own, in a process group of its own, with three descriptors and no other.
///
/// Foundation's `Process` reads behind the end of its buffer where this process has more than some thousand descriptors
/// open (it copies 256 bytes of each name below `/proc/self/fd`), which a test run with many servers has.
package final class SpawnedProcess: Sendable {
    private struct State {
        var status: Int32?
        var waiters: [@Sendable (Int32) -> Void] = []
    }

    /// Its process number.
    package let identifier: Int32
    private let state = Lock(State())

    /// Starts a program; it is running when this returns.
    ///
    /// - Parameters:
    ///   - command: The program's path and its arguments.
    ///   - environment: All its variables.
    ///   - folder: Where it runs.
    ///   - descriptors: Its standard input, output and errors; still the caller's.
    /// - Throws: Why it could not be started.
    package init(
        _ command: [String], environment: [String: String], in folder: String,
        descriptors: (input: Int32, output: Int32, errors: Int32)
    ) throws {
        identifier = try Self.spawn(command, environment, folder, descriptors)
        Thread { [self] in reap() }.start()
    }

    /// Whether it has ended.
    package var hasEnded: Bool { state.withLock { $0.status != nil } }

    /// Waits until it has ended.
    ///
    /// - Returns: Its exit code, or minus the signal that ended it.
    package func ended() async -> Int32 {
        await withCheckedContinuation { continuation in whenEnded { continuation.resume(returning: $0) } }
    }

    private func whenEnded(_ body: @escaping @Sendable (Int32) -> Void) {
        let status = state.withLock { state in
            if state.status == nil { state.waiters.append(body) }
            return state.status
        }
        if let status { body(status) }
    }

    private func reap() {
        var status: Int32 = 0
        _ = SystemCall.retrying { waitpid(identifier, &status, 0) }
        // `man 2 waitpid`: the low seven bits are the signal, the byte above them the exit code.
        let end = status & 0x7F == 0 ? (status >> 8) & 0xFF : -(status & 0x7F)
        let waiters = state.withLock { state in
            state.status = end
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter(end) }
    }

    private static func spawn(
        _ command: [String], _ environment: [String: String], _ folder: String,
        _ descriptors: (input: Int32, output: Int32, errors: Int32)
    ) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, descriptors.input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, descriptors.output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, descriptors.errors, STDERR_FILENO)
        _ = rollcall_spawn_without(&actions, STDERR_FILENO + 1)
        _ = rollcall_spawn_in(&actions, folder)
        prepare(&attributes)
        return try withPointers(to: command) { arguments in
            try withPointers(to: environment.map { "\($0)=\($1)" }) { variables in
                var process: Int32 = 0
                let code = posix_spawn(&process, command[0], &actions, &attributes, arguments, variables)
                guard code == 0 else { throw SystemFault(code) }
                return process
            }
        }
    }

    /// No signal is blocked or ignored.
    private static func prepare(_ attributes: inout posix_spawnattr_t) {
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
    }

    /// Lends C's array of strings, which a null pointer ends.
    private static func withPointers<Value>(
        to texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) throws -> Value
    ) rethrows -> Value {
        let pointers = texts.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return try body(pointers)
    }
}

extension SpawnedProcess {
    /// Runs a program to its end, without input; blocks meanwhile.
    ///
    /// - Parameters:
    ///   - program: The program's path.
    ///   - arguments: Its arguments.
    ///   - folder: Where it runs.
    /// - Returns: Its exit code, or minus the signal that ended it, and what it wrote, its errors among it.
    /// - Throws: Why it could not be started.
    package static func run(
        _ program: String, _ arguments: [String], in folder: String = "/"
    ) throws -> (status: Int32, output: Data) {
        let (pipe, nothing) = (Pipe(), FileHandle.nullDevice.fileDescriptor)
        let writing = pipe.fileHandleForWriting.fileDescriptor
        let process = try SpawnedProcess(
            [program] + arguments, environment: ProcessInfo.processInfo.environment, in: folder,
            descriptors: (nothing, writing, writing))
        try pipe.fileHandleForWriting.close()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        let end = Lock<Int32>(0)
        let over = DispatchSemaphore(value: 0)
        process.whenEnded { status in
            end.withLock { $0 = status }
            over.signal()
        }
        over.wait()
        return (end.withLock { $0 }, output)
    }
}
