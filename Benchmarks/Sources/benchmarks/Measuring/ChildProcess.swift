import Foundation
import Glibc

/// A process started here. One that is dropped before its end is ended, by its own id.
struct ChildProcess: ~Copyable {
    /// How a process ended, and what it took.
    struct Ended {
        /// The exit code, or minus the signal that ended it.
        let status: Int32
        /// CPU time of that process alone, user and system, in seconds (`man 2 wait4`).
        let cpuSeconds: Double
        /// Time from its start to its end, in seconds.
        let wallSeconds: Double
        /// What was started, for a message.
        fileprivate let name: String
        /// The file that has its last words.
        fileprivate let errors: String
    }

    let identifier: pid_t
    private let name: String
    private let errors: String
    private let start = ContinuousClock.now

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - arguments: The program's path, and its arguments.
    ///   - environment: Variables besides our own.
    ///   - output: The file that takes its standard output.
    ///   - errors: The file that takes its standard error.
    /// - Returns: The process, running.
    /// - Throws: `BenchmarkError` when it can't be started.
    static func start(
        _ arguments: [String], environment: [String: String] = [:], output: String, errors: String
    ) throws -> ChildProcess {
        try Interruption.check()
        let name = arguments.prefix(2).joined(separator: " ")
        let identifier = try Spawn(arguments, environment: environment, output: output, errors: errors).start()
        return ChildProcess(identifier: identifier, name: name, errors: errors)
    }

    private init(identifier: pid_t, name: String, errors: String) {
        self.identifier = identifier
        self.name = name
        self.errors = errors
    }

    deinit {
        // An id that was waited for may be another's by now; `wait` leaves none behind.
        if waitpid(identifier, nil, WNOHANG) == 0 {
            kill()
            waitpid(identifier, nil, 0)
        }
    }

    /// Asks it to end.
    func terminate() { signal(SIGTERM) }

    /// Ends it at once, as a power failure would: it does nothing more.
    func kill() { signal(SIGKILL) }

    private func signal(_ number: Int32) { _ = Glibc.kill(identifier, number) }

    /// Waits for its end.
    consuming func wait() throws -> Ended {
        Interruption.forward(to: identifier)
        defer { Interruption.forward(to: 0) }
        var (status, usage) = (Int32(0), rusage())
        while wait4(identifier, &status, 0, &usage) < 0 {
            guard errno == EINTR else { throw BenchmarkError("\(name): its end cannot be awaited") }
        }
        try Interruption.check()
        let signal = status & 0x7f
        return Ended(
            status: signal == 0 ? (status >> 8) & 0xff : -signal,
            cpuSeconds: usage.ru_utime.seconds + usage.ru_stime.seconds,
            wallSeconds: (ContinuousClock.now - start) / .seconds(1), name: name, errors: errors)
    }

    /// Waits for its end, and throws with its last words where the status isn't 0.
    consuming func waitForSuccess() throws -> Ended {
        let ended = try wait()
        guard ended.status == 0 else {
            // Copies taken from this value before it was consumed were found freed (Swift 6.3.1, optimised).
            throw BenchmarkError("\(ended.name): ended with \(ended.status): \(TextFile.end(of: ended.errors))")
        }
        return ended
    }
}

extension timeval {
    fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1e6 }
}

/// The arguments of `man 3 posix_spawn`, owned until the process has started.
private struct Spawn: ~Copyable {
    private let arguments: [UnsafeMutablePointer<CChar>?]
    private let environment: [UnsafeMutablePointer<CChar>?]
    private let name: String
    private var actions = posix_spawn_file_actions_t()

    init(_ arguments: [String], environment: [String: String], output: String, errors: String) {
        let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        name = arguments[0]
        self.arguments = arguments.map { strdup($0) } + [nil]
        self.environment = merged.map { strdup("\($0.key)=\($0.value)") } + [nil]
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, flags, 0o600)
    }

    deinit {
        for text in arguments + environment { free(text) }
        var actions = actions
        posix_spawn_file_actions_destroy(&actions)
    }

    /// Starts the process and returns its id.
    func start() throws -> pid_t {
        var (identifier, actions) = (pid_t(), actions)
        guard posix_spawn(&identifier, name, &actions, nil, arguments, environment) == 0 else {
            throw BenchmarkError("\(name): cannot be started; is it there and built for this machine?")
        }
        return identifier
    }
}
