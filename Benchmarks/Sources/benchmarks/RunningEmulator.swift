import Foundation

/// `rollcall emulator` in a process of its own, on a free port of the loopback address.
struct RunningEmulator: ~Copyable {
    private let process: ChildProcess
    /// The settings it writes for its clients.
    let settings: String
    private static let patience = Duration.seconds(30)

    /// Starts it, and returns when it listens.
    static func start(_ bench: Bench) throws -> RunningEmulator {
        let folder = try bench.folder.makeFolder("emulator")
        let (output, errors) = (bench.folder.file("emulator.out"), bench.folder.file("emulator.log"))
        let process = try ChildProcess.start(
            [bench.rollcall, "emulator", "--listen", "127.0.0.1:0", "--dir", folder], output: output, errors: errors)
        let deadline = ContinuousClock.now + patience
        // It prints what to try next once its settings are written.
        while !TextFile.text(of: output).contains("rollcall run") {
            try Interruption.check()
            guard ContinuousClock.now < deadline else {
                throw BenchmarkError("the emulator does not listen: \(TextFile.end(of: errors))")
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
        return RunningEmulator(process: process, settings: "\(folder)/rollcall.yaml")
    }

    /// Ends it.
    consuming func stop() throws {
        process.terminate()
        _ = try process.wait()
    }
}
