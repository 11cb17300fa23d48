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
            kill(identifier, SIGKILL)
            waitpid(identifier, nil, 0)
        }
    }

    /// Asks it to end.
    func terminate() {
        kill(identifier, SIGTERM)
    }

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
            wallSeconds: (ContinuousClock.now - start) / .seconds(1))
    }

    /// Waits for its end, and throws with its last words where the status isn't 0.
    consuming func waitForSuccess() throws -> Ended {
        let (name, errors) = (name, errors)
        let ended = try wait()
        guard ended.status == 0 else {
            throw BenchmarkError("\(name): ended with \(ended.status): \(TextFile.end(of: errors))")
        }
        return ended
    }
}

extension timeval {
    fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1e6 }
}
