import Basics
import Figures
import Foundation

/// `rollcall emulator` in a process of its own, on a free port of the loopback address.
struct RunningEmulator: ~Copyable {
    private let process: ChildProcess
    private let folder: String
    private static let patience = Duration.seconds(30)

    /// The settings it writes for its clients.
    var settings: String { "\(folder)/rollcall.yaml" }

    /// Starts it, and returns when it listens.
    ///
    /// - Parameters:
    ///   - bench: Where, and which tool.
    ///   - latency: How long it takes to answer, in milliseconds.
    /// - Returns: The emulator, listening.
    /// - Throws: `BenchmarkError` when there is no release build of `rollcall`, or it does not listen.
    static func start(_ bench: Bench, latency: Int = 0) throws -> RunningEmulator {
        guard FileManager.default.isExecutableFile(atPath: bench.rollcall) else {
            let remedy = "swift build --configuration release --product rollcall"
            throw BenchmarkError("\(bench.rollcall) is not there; make it with: \(remedy)")
        }
        let folder = try bench.folder.makeFolder("emulator")
        let (output, errors) = (bench.folder.file("emulator.out"), bench.folder.file("emulator.log"))
        let process = try ChildProcess.start(
            [
                bench.rollcall, "emulator", "--listen", "127.0.0.1:0", "--dir", folder, "--latency", "\(latency)",
            ], output: output, errors: errors)
        let deadline = ContinuousClock.now + patience
        // It prints what to try next once its settings are written and it listens.
        while !TextFile.text(of: output).contains("Try next:") {
            try Interruption.check()
            guard ContinuousClock.now < deadline else {
                throw BenchmarkError("the emulator does not listen: \(TextFile.end(of: errors))")
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
        return RunningEmulator(process: process, folder: folder)
    }

    /// When the calls so far arrived, by its log: the wall clock once a request was read and decrypted.
    ///
    /// - Parameter skipped: So many calls of earlier runs are left out.
    /// - Returns: The other calls.
    /// - Throws: An error of the decoder for a line that is not one of the emulator's.
    func calls(after skipped: Int = 0) throws -> CallTimes {
        let lines = TextFile.text(of: "\(folder)/calls.jsonl").split(separator: "\n").dropFirst(skipped)
        return CallTimes(try lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)).time })
    }

    /// Waits until it has so many calls.
    ///
    /// - Throws: `BenchmarkError` when they do not come, `Interrupted` after a signal.
    func waitForCalls(_ count: Int) throws {
        let deadline = ContinuousClock.now + Self.patience
        while TextFile.text(of: "\(folder)/calls.jsonl").utf8.count(where: { $0 == UInt8(ascii: "\n") }) < count {
            try Interruption.check()
            guard ContinuousClock.now < deadline else { throw BenchmarkError("\(count) calls do not come") }
            Thread.sleep(forTimeInterval: 0.002)
        }
    }

    /// What is read of a line of the log.
    private struct Line: Decodable {
        /// Milliseconds since 1970 UTC.
        private let at: Int64
        /// When the call arrived.
        var time: WallTime { WallTime(milliseconds: at) }
    }

    /// Ends it.
    consuming func stop() throws {
        process.terminate()
        _ = try process.wait()
    }
}
