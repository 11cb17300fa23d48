import ArgumentParser
import Basics
import Emulator
import Foundation
import Operations

struct EmulatorCommand: RollcallCommand {
    static let configuration = CommandConfiguration(
        commandName: "emulator",
        abstract: "A stand-in for the API on this machine: real HTTPS, mutual TLS, encryption, and faults on demand.",
        discussion: """
            SIGHUP reads the keys in the folder again: new ones are taken beside the former ones, answers come under \
            either, and another SIGHUP retires the former ones.

            \(ScenarioCatalogue.help)
            """)

    @Option(help: ArgumentHelp("Address and port to listen on; port 0 takes a free one.", valueName: "host:port"))
    var listen = "127.0.0.1:8443"

    @Option(
        help: ArgumentHelp(
            "Folder for keys, settings and the log of calls; keys in it are used again.", valueName: "dir"),
        completion: .directory)
    var dir = "emulator"

    @Option(
        help: ArgumentHelp("Log of calls, a line of JSON each; absent: calls.jsonl in the folder.", valueName: "file"))
    var calls: String?

    @Option(help: ArgumentHelp("Wait before every answer, in milliseconds.", valueName: "ms"))
    var latency = 0

    @Option(help: ArgumentHelp("Add up to so many milliseconds by chance.", valueName: "ms"))
    var jitter = 0

    @Option(help: ArgumentHelp("Calls per second; more are answered 429 with Retry-After.", valueName: "n"))
    var rate: Double?

    @Option(
        help: ArgumentHelp(
            """
            Share of calls that go wrong: pairs of 429, 503, 503a (with Retry-After), 500, reset, reset-before \
            (before the request is read) and slow; such as 429=1%,503=0.5%.
            """, valueName: "mix"),
        transform: FaultMix.init(parsing:))
    var faults = FaultMix()

    @Option(help: ArgumentHelp("Chooses which calls go wrong.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: "Generation of the insights: as-requested, 0.2.2 or newer.", transform: InsightsGeneration.named)
    var generation = InsightsGeneration.asRequested

    @Flag(help: "Answer a client without our certificate 400 in HTML, as nginx does, instead of failing the handshake.")
    var htmlCertificateErrors = false

    @Flag(help: "Return once it listens; it goes on in the background, and says how to end it.")
    var background = false

    func validate() throws {
        guard latency >= 0, jitter >= 0, rate.map({ $0 > 0 }) ?? true else {
            throw ValidationError("--latency and --jitter must not be negative, --rate must be above 0")
        }
        do {
            _ = try EmulatorConfiguration.listening(on: listen)
        } catch {
            throw ValidationError(error.message)
        }
    }

    func perform() async throws -> ExitStatus {
        do {
            if background { try await goOnInBackground() } else { try await serve() }
        } catch let error as EmulatorError {
            throw OperationFailure(error.code == .usage ? .usage : .configuration, error.message)
        }
        return .succeeded
    }

    /// How many lines say that it listens.
    private static let announcedLines = 3

    private func serve() async throws {
        let directory = EmulatorDirectory(path: dir)
        try await directory.serve(knobs()) { baseURL in
            Console.standard.output("The emulator listens on \(baseURL)")
            Console.standard.output("and logs its calls in \(calls ?? directory.callLogPath). Try next:")
            Console.standard.output("  \(next(directory))")
        } onKeysRead: { result in
            Console.standard.note(Self.text(of: result))
        }
    }

    /// Starts this command without the flag, in a process of its own, and passes on what it says once it listens.
    private func goOnInBackground() async throws {
        let directory = EmulatorDirectory(path: dir)
        try directory.make()
        let arguments = CommandLine.arguments.dropFirst().filter { $0 != "--background" }
        let started = try await BackgroundStart(Array(arguments), log: directory.logPath).perform(
            untilLines: Self.announcedLines)
        Console.standard.note("it goes on in the background until: kill \(started.process)")
        Console.standard.output(started.output.trimmingCharacters(in: .newlines))
    }

    private static func text(of result: Result<Int, any Error>) -> String {
        switch result {
        case .success(1): "the keys were read again; those are in use now"
        case .success: "the keys were read again; the former ones are taken beside them until the next SIGHUP"
        case .failure(let error): "the keys were not changed: \(error)"
        }
    }

    /// What the user can run now.
    private func next(_ directory: EmulatorDirectory) -> String {
        let sample = SampleFile.path()
        let isThere = FileManager.default.isReadableFile(atPath: sample)
        let settings = URL(filePath: directory.settingsPath).standardizedFileURL.path
        return Hint.$config.withValue(settings) {
            (isThere ? Hint.run(files: [sample]) : Hint.doctor).commandLine
        }
    }

    private func knobs() throws -> EmulatorConfiguration {
        var knobs = try EmulatorConfiguration.listening(on: listen)
        knobs.latency = .milliseconds(latency)
        knobs.jitter = .milliseconds(jitter)
        knobs.rate = rate
        knobs.faults = faults
        knobs.seed = seed
        knobs.generation = generation
        knobs.answersCertificateErrors = htmlCertificateErrors
        knobs.callLogPath = calls
        return knobs
    }
}

extension InsightsGeneration {
    fileprivate static func named(_ name: String) throws -> InsightsGeneration {
        guard let generation = InsightsGeneration(rawValue: name) else {
            throw ValidationError("The generations are \(allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return generation
    }
}

/// The sample of synthetic records: in the repository, or beside the program where the package has put it.
enum SampleFile {
    /// Its path in the repository's folder.
    static let inRepository = "jobs/samples/accounts.csv"

    /// Where it is; the path in the repository where it is in neither place.
    ///
    /// - Parameters:
    ///   - program: The program's own path: `/usr/bin/rollcall` has it in `/usr/share/rollcall/samples`.
    ///   - isReadable: Whether a file can be read.
    /// - Returns: A path that can be read, if there is one.
    static func path(
        program: String? = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
        isReadable: (String) -> Bool = FileManager.default.isReadableFile
    ) -> String {
        // Where /proc cannot be read there is still the repository.
        let packaged = program.map {
            URL(filePath: $0).deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "share/rollcall/samples/accounts.csv").path
        }
        return [inRepository, packaged].compactMap(\.self).first(where: isReadable) ?? inRepository
    }
}

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
