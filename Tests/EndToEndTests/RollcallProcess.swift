import Basics
import Foundation
import TestSupport

/// The built `rollcall` as a process of its own.
final class RollcallProcess: Sendable {
    /// How a process ended and what it wrote.
    struct Ended: Sendable {
        /// The exit code, or minus the signal that ended it.
        let status: Int32
        let output: String
        let errors: String
    }

    private let output = WrittenText()
    private let errors = WrittenText()
    private let process: SpawnedProcess
    /// Its process number.
    var identifier: pid_t { process.identifier }

    /// Starts `rollcall` with arguments; it is running when this returns.
    /// A terminal takes the place of `input` as its standard input. What has not ended after `limit` seconds is killed.
    init(
        _ arguments: [String], input: [UInt8] = [], terminal: FileHandle? = nil, environment: [String: String] = [:],
        in directory: String, executable: URL = RollcallProcess.executable, limit: Double = RollcallProcess.limit
    ) throws {
        let standardInput = try terminal ?? Self.file(with: input)
        let (output, errors) = (output.pipe.fileHandleForWriting, errors.pipe.fileHandleForWriting)
        process = try SpawnedProcess(
            [executable.path] + arguments, environment: Self.environment.merging(environment) { $1 }, in: directory,
            descriptors: (standardInput.fileDescriptor, output.fileDescriptor, errors.fileDescriptor))
        // Only the process has them now, so that its end is theirs.
        try output.close()
        try errors.close()
        DispatchQueue.global().asyncAfter(deadline: .now() + limit) { [process, errors = self.errors] in
            guard !process.hasEnded else { return }
            errors.add("\n\(arguments) stands still and is ended:\n\(Self.threads(of: process.identifier))")
            kill(-process.identifier, SIGKILL)
        }
    }

    /// How long a process may take, in seconds: what takes longer stands still, and would hold the whole run of tests. A
    /// history's processes, of which some are stopped and continued, need a tenth of it.
    static let limit = 600.0

    /// What each thread of a process waits for, as `man 5 proc` tells it: its name, the kernel's function, the call.
    private static func threads(of process: pid_t) -> String {
        let folder = "/proc/\(process)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return threads.map { thread in
            ["comm", "wchan", "syscall"]
                .map { (try? String(contentsOfFile: "\(folder)/\(thread)/\($0)", encoding: .utf8)) ?? "" }
                .joined(separator: " ").replacing("\n", with: "")
        }.joined(separator: "\n")
    }

    /// The tool beside the test bundle.
    static let executable: URL = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: bundle).deletingLastPathComponent().appending(path: "rollcall")
    }()

    /// The environment without settings of the person who runs the tests.
    private static let environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("ROLLCALL_") }

    /// Whether it has ended.
    var hasEnded: Bool { process.hasEnded }

    /// Waits until the process has ended.
    func wait() async throws -> Ended {
        let status = await process.ended()
        return Ended(status: status, output: await output.whole(), errors: await errors.whole())
    }

    /// Waits until the process has written some words to standard error so many times, or has closed it.
    func waitForError(containing words: String, times: Int = 1) async {
        await errors.wait(for: words, times: times)
    }

    /// Waits until the process has written some words to standard output, or has closed it.
    func waitForOutput(containing words: String) async {
        await output.wait(for: words)
    }

    /// What has come from standard output.
    var outputSoFar: String { output.soFar }

    /// What has come from standard error.
    var errorsSoFar: String { errors.soFar }

    /// Sends a signal to this process and no other.
    func signal(_ number: Int32) {
        kill(identifier, number)
    }

    /// Sends a signal until the process has written some words to standard error, or has closed it: each time once the
    /// signal before was answered by a line that begins with `reply`.
    func signal(_ number: Int32, until words: String, eachAnsweredBy reply: String) async {
        var answered = errors.count(of: reply)
        while !errors.has(words) {
            signal(number)
            answered += 1
            await errors.wait(for: reply, times: answered)
        }
    }

    private static func file(with input: [UInt8]) throws -> FileHandle {
        let url = FileManager.default.temporaryDirectory.appending(path: "rollcall-input-\(UUID().uuidString)")
        try Data(input).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        return try FileHandle(forReadingFrom: url)
    }
}

/// The processes that one test has started.
final class StartedProcesses: Sendable {
    private let running = Lock<[RollcallProcess]>([])

    func add(_ process: RollcallProcess) {
        running.withLock { $0 = $0.filter { !$0.hasEnded } + [process] }
    }

    /// Ends what a test that failed has left.
    func end() {
        for process in running.withLock({ $0 }) where !process.hasEnded { process.signal(SIGKILL) }
    }
}

/// What comes out of a pipe, as it comes.
private final class WrittenText: Sendable {
    private struct State {
        var bytes = [UInt8]()
        var isClosed = false
        var waiters: [(words: String, times: Int, continuation: CheckedContinuation<Void, Never>)] = []

        func isOver(for words: String, _ times: Int) -> Bool {
            isClosed || (!words.isEmpty && String(decoding: bytes, as: UTF8.self).ranges(of: words).count >= times)
        }

        mutating func due() -> [CheckedContinuation<Void, Never>] {
            let (all, now) = (waiters, self)
            waiters = all.filter { !now.isOver(for: $0.words, $0.times) }
            return all.filter { now.isOver(for: $0.words, $0.times) }.map(\.continuation)
        }
    }

    let pipe = Pipe()
    private let state = Lock(State())

    /// Reads on a thread of its own: a source of Dispatch loses events when its descriptor's number is given again.
    init() {
        let reader = pipe.fileHandleForReading
        let thread = Thread { [self] in
            var data = reader.availableData
            while !data.isEmpty {
                take(data)
                data = reader.availableData
            }
            take(data)
        }
        thread.start()
    }

    /// Adds what the process itself cannot say.
    func add(_ text: String) { take(Data(text.utf8)) }

    /// What has come.
    var soFar: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }

    /// Everything, once the other end is closed.
    func whole() async -> String {
        await wait(for: "")
        return state.withLock { String(decoding: $0.bytes, as: UTF8.self) }
    }

    /// Whether some words stand there, or nothing more comes.
    func has(_ words: String) -> Bool { state.withLock { $0.isOver(for: words, 1) } }

    /// How often some words stand there.
    func count(of words: String) -> Int {
        state.withLock { String(decoding: $0.bytes, as: UTF8.self).ranges(of: words).count }
    }

    /// Waits for words to stand there so many times, or the end.
    func wait(for words: String, times: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard !state.isOver(for: words, times) else { return true }
                state.waiters.append((words, times, continuation))
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    private func take(_ data: Data) {
        let due = state.withLock { state in
            state.bytes += data
            state.isClosed = state.isClosed || data.isEmpty
            return state.due()
        }
        for continuation in due { continuation.resume() }
    }
}
