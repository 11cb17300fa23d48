import ArgumentParser
import Basics
import Emulator
import Foundation
import Operations

struct DemoCommand: RollcallCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run a sample file against the emulator, slow and faulty, and show what comes out.",
        discussion: "Exit code 0 when every line is accounted for, though some are invalid or in doubt.")

    @Option(
        help: ArgumentHelp("Sample file; absent: the one that comes with Rollcall.", valueName: "file"),
        completion: .file(extensions: ["csv", "jsonl"]))
    var sample: String?

    @Option(
        help: ArgumentHelp("Folder for keys, settings, database and results; absent: a new one.", valueName: "folder"),
        completion: .directory)
    var dir: String?

    func perform() async throws -> ExitStatus {
        let sample = sample ?? SampleFile.path()
        guard FileManager.default.isReadableFile(atPath: sample) else {
            throw OperationFailure(
                .inputUnusable, "\(sample): cannot be read; run this in the repository or name --sample FILE")
        }
        let folder = URL(filePath: try dir ?? newFolder()).standardizedFileURL.path
        let directory = EmulatorDirectory(path: folder)
        let material = try directory.material(host: "127.0.0.1")
        return try await Emulator.withRunning(knobs(directory), material: material) { _, port in
            try await Hint.$config.withValue(directory.settingsPath) {
                try await run(sample, in: directory, port: port)
            }
        }
    }

    /// Slow, limited and a little faulty: 50 ms, 300 calls per second, 2% of calls fail.
    private func knobs(_ directory: EmulatorDirectory) -> EmulatorConfiguration {
        var knobs = EmulatorConfiguration()
        knobs.port = 0
        knobs.latency = .milliseconds(50)
        knobs.rate = Self.rate
        knobs.faults.tooManyRequests = 0.008
        knobs.faults.unavailable = 0.008
        knobs.faults.resetAfterReading = 0.004
        knobs.callLogPath = directory.callLogPath
        return knobs
    }

    /// Calls a second: the demonstration ends within seconds.
    private static let rate = 300.0

    private func run(_ sample: String, in directory: EmulatorDirectory, port: Int) async throws -> ExitStatus {
        try directory.writeSettings(host: "127.0.0.1", port: port, rate: Self.rate)
        Console.standard.note(
            """
            An emulator of the API listens on 127.0.0.1:\(port): 50 ms slow, at most 300 calls/s, 2% of calls fail.
            Keys, settings, database and results: \(directory.path)
            $ \(Hint.run(files: [sample]).commandLine)
            """)
        let status = try await RunOperation(
            RunRequest(files: [sample], config: directory.settingsPath, again: true)
        ).perform()
        // What was printed above calls an API that is gone by then; the database is bound to its address.
        Console.standard.note(
            """
            The emulator ends with the demonstration. To continue with its batches, start it again where it was:
            $ \(Hint.emulator(listen: "127.0.0.1:\(port)", folder: directory.path).commandLine)
            """)
        return [.succeeded, .finishedWithFailures, .finishedInDoubt].contains(status) ? .succeeded : status
    }

    private func newFolder() throws -> String {
        let template = FileManager.default.temporaryDirectory.appending(path: "rollcall-demo-XXXXXX").path
        var bytes = Array(template.utf8CString)
        guard mkdtemp(&bytes) != nil else {
            throw OperationFailure(
                .configuration,
                "no folder can be made in \(FileManager.default.temporaryDirectory.path); name one with --dir")
        }
        return String(decoding: bytes.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
