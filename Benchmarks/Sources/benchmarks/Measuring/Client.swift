import Basics
import Figures
import Foundation

/// `rollcall run` with a database, keys and results in a folder of its own.
struct Client {
    private let bench: Bench
    private let folder: String

    /// Passes a client without a database to `body`; its folder is removed afterwards.
    static func withNewFolder<Result>(_ bench: Bench, _ body: (Client) throws -> Result) throws -> Result {
        let client = Client(bench: bench, folder: try bench.folder.makeFolder("client"))
        defer { bench.folder.remove("client") }
        return try body(client)
    }

    /// Takes in a file of so many records and sends them; every one must succeed.
    ///
    /// - Parameters:
    ///   - records: Files of different lengths are different to Rollcall; one of the same length was already taken in.
    ///   - emulator: What answers.
    ///   - rate: Calls per second.
    ///   - burst: Calls that may be sent at once.
    ///   - willStart: Called right before the process is started, when its input is written.
    /// - Returns: What the process took.
    /// - Throws: `BenchmarkError` when it fails, `Interrupted` after a signal.
    func run(
        _ records: Int, against emulator: borrowing RunningEmulator, rate: Int, burst: Int,
        willStart: () -> Void = {}
    ) throws -> ChildProcess.Ended {
        try start(records, against: emulator, rate: rate, burst: burst, willStart: willStart).waitForSuccess()
    }

    /// The same, without waiting for its end.
    func start(
        _ records: Int, against emulator: borrowing RunningEmulator, rate: Int, burst: Int,
        willStart: () -> Void = {}
    ) throws -> ChildProcess {
        let input = "\(folder)/accounts-\(records).csv"
        try SampleAccounts.write(records, to: input)
        let arguments = [
            "run", input, "--config", emulator.settings, "--out", "\(folder)/out", "--rate", "\(rate)", "--yes",
        ]
        willStart()
        return try ChildProcess.start(
            [bench.rollcall] + arguments, environment: places.merging(["ROLLCALL_LIMITS_BURST": "\(burst)"]) { $1 },
            output: bench.folder.file("run.out"), errors: bench.folder.file("run.log"))
    }

    /// Where it keeps what it knows. The trace of a ledger belongs to one database; a new one beside an old trace is
    /// refused.
    private var places: [String: String] {
        [
            "ROLLCALL_DATABASE": "\(folder)/var/rollcall.sqlite", "ROLLCALL_SEALING_KEY": "\(folder)/var/sealing.key",
            "ROLLCALL_KEYS_FOLDER": "\(folder)/secrets",
        ]
    }

    /// Starts `rollcall daemon` with pages and a drop folder of its own, and returns when it answers.
    func startDaemon(against emulator: borrowing RunningEmulator, rate: Int) throws -> ChildProcess {
        try FileManager.default.createDirectory(atPath: "\(folder)/jobs", withIntermediateDirectories: true)
        let job = "source: { path: \(folder)/drop, settle: 0s }\n"
        try job.write(toFile: "\(folder)/jobs/drop.yaml", atomically: true, encoding: .utf8)
        let own = [
            "ROLLCALL_JOBS": "\(folder)/jobs", "ROLLCALL_OUTPUT": "\(folder)/out",
            "ROLLCALL_ADMIN_LISTEN": "127.0.0.1:0",
            "ROLLCALL_LIMITS_RATE": "\(rate)", "ROLLCALL_LIMITS_BURST": "1",
        ]
        let daemon = try ChildProcess.start(
            [bench.rollcall, "daemon", "--config", emulator.settings], environment: places.merging(own) { $1 },
            output: bench.folder.file("daemon.out"), errors: daemonLog)
        _ = try waitForLine(Self.listening)
        _ = try waitForLine(/drop folder is open(.*)/)
        return daemon
    }

    /// The port at which its daemon's pages are.
    func administrationPort() throws -> UInt16 {
        guard let port = UInt16(try waitForLine(Self.listening)) else {
            throw BenchmarkError("the daemon names no port")
        }
        return port
    }

    /// A new token, with which one may look at the pages.
    func adminToken(of emulator: borrowing RunningEmulator) throws -> String {
        try output(of: ["admin", "token"], beside: emulator).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Puts a file of so many records into its daemon's drop folder, whole.
    func drop(_ records: Int) throws {
        let hidden = "\(folder)/drop/inbox/.accounts.csv"
        try SampleAccounts.write(records, to: hidden)
        try FileManager.default.moveItem(atPath: hidden, toPath: "\(folder)/drop/inbox/accounts.csv")
    }

    private static var listening: Regex<(Substring, Substring)> {
        /metrics and health checks are answered port=(\d+)\n/
    }
    private var daemonLog: String { bench.folder.file("daemon.log") }

    /// What follows some words in the daemon's log, once they stand there.
    private func waitForLine(_ words: Regex<(Substring, Substring)>) throws -> Substring {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            try Interruption.check()
            if let found = TextFile.text(of: daemonLog).firstMatch(of: words) { return found.1 }
            Thread.sleep(forTimeInterval: 0.02)
        }
        throw BenchmarkError("the daemon does not start: \(TextFile.end(of: daemonLog))")
    }

    /// How many records of its only batch have a call whose end is not written, by `rollcall status`.
    func openRecords(of emulator: borrowing RunningEmulator) throws -> Int {
        let text = try output(of: ["status", "--json"], beside: emulator)
        let status = try JSONDecoder().decode(Status.self, from: Data(text.utf8))
        return status.batches.map { $0.counts.inFlight + $0.counts.inDoubt }.reduce(0, +)
    }

    /// What a command prints that ends by itself.
    private func output(of command: [String], beside emulator: borrowing RunningEmulator) throws -> String {
        let output = bench.folder.file("command.out")
        _ = try ChildProcess.start(
            [bench.rollcall] + command + ["--config", emulator.settings], environment: places, output: output,
            errors: bench.folder.file("command.log")
        ).waitForSuccess()
        return TextFile.text(of: output)
    }

    /// What is read of `rollcall status --json`.
    private struct Status: Decodable {
        struct Batch: Decodable {
            let counts: Counts
        }
        struct Counts: Decodable {
            let inFlight: Int
            let inDoubt: Int

            enum CodingKeys: String, CodingKey {
                case inFlight = "in_flight"
                case inDoubt = "in_doubt"
            }
        }
        let batches: [Batch]
    }

    /// When the calls of its only run were sent, by the results it has written.
    func sent() throws -> CallTimes {
        let (out, style) = ("\(folder)/out", Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        let batches = try FileManager.default.contentsOfDirectory(atPath: out)
        guard batches.count == 1, let batch = batches.first else {
            throw BenchmarkError("\(out): results of one batch were expected, there are \(batches.count)")
        }
        let times = TextFile.text(of: "\(out)/\(batch)/results.csv").matches(of: Self.submittedAndCompleted)
        return CallTimes(try times.map { WallTime(try style.parse(String($0.1))) })
    }

    /// The columns `submitted_at` and `completed_at`, which stand side by side: ISO 8601 in UTC with milliseconds.
    private static var submittedAndCompleted: Regex<(Substring, Substring)> {
        /,([0-9-]+T[0-9:]+\.[0-9]{3}Z),[0-9-]+T[0-9:]+\.[0-9]{3}Z/
    }
}
