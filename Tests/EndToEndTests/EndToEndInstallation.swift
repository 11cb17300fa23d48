import Emulator
import Foundation
import JSON
import RecordStore
import TestSupport
import Testing

/// A folder with settings, keys and an emulator that listens: what one user has before the first run.
struct EndToEndInstallation: Sendable {
    let path: String
    let emulator: Emulator
    /// What `database` says.
    private let databasePlace: String
    /// The database's name where it is PostgreSQL's.
    private let databaseName: String?
    /// What was started here; whatever of it a test leaves behind ends with the installation.
    private let started = StartedProcesses()

    /// Runs `body` in a fresh installation whose settings are those of the emulator with `extra` lines of YAML, and whose
    /// database is a file, or PostgreSQL's.
    static func with(
        _ knobs: EmulatorConfiguration = EmulatorConfiguration(), settings extra: String = Self.fast,
        onPostgreSQL isOnPostgreSQL: Bool = false, _ body: @Sendable (EndToEndInstallation) async throws -> Void
    ) async throws {
        let server = isOnPostgreSQL ? try PostgreSQLServer.shared.get() : nil
        let name = try server?.makeDatabase()
        let place = server.flatMap { server in name.map { server.url($0) } } ?? Self.databaseFile
        try await with(knobs, settings: extra, database: place, name, body)
        if let server, let name { try server.remove(name) }
    }

    private static let databaseFile = "var/rollcall.sqlite"

    private static func with(
        _ knobs: EmulatorConfiguration, settings extra: String, database: String, _ name: String?,
        _ body: @Sendable (EndToEndInstallation) async throws -> Void
    ) async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "rollcall-e2e-\(UUID().uuidString)").path
        let directory = EmulatorDirectory(path: path)
        try EmulatedKeys.write(below: path)
        let material = try directory.material(host: "127.0.0.1")
        var knobs = knobs
        knobs.port = 0
        knobs.callLogPath = directory.callLogPath
        try await Emulator.withRunning(knobs, material: material) { emulator, port in
            let installation = EndToEndInstallation(
                path: path, emulator: emulator, databasePlace: database, databaseName: name)
            let settings = EmulatedSettings.text(port: port).replacing(Self.databaseFile, with: database)
            try installation.write(settings + extra, to: "rollcall.yaml")
            defer { installation.started.end() }
            try await body(installation)
        }
        try FileManager.default.removeItem(atPath: path)
    }

    /// Quick retries and halts, and a rate the tests need not wait for.
    static let fast = EmulatedSettings.fast + "halt: { probes: 2, probe_interval: 1s }\n"

    /// The path of a file of this installation.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, to name: String, mode: Int = 0o600) throws {
        try write(Array(text.utf8), to: name, mode: mode)
    }

    func write(_ bytes: [UInt8], to name: String, mode: Int = 0o600) throws {
        try Data(bytes).write(to: URL(filePath: file(name)))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file(name))
    }

    func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: file(name))), as: UTF8.self)
    }

    /// Starts `rollcall` in this installation's folder.
    func start(
        _ arguments: [String], input: [UInt8] = [], terminal: FileHandle? = nil, environment: [String: String] = [:]
    ) throws -> RollcallProcess {
        let process = try RollcallProcess(
            arguments, input: input, terminal: terminal, environment: environment, in: path)
        started.add(process)
        return process
    }

    /// Runs `rollcall` in this installation's folder to its end.
    func rollcall(
        _ arguments: String..., input: [UInt8] = [], environment: [String: String] = [:]
    ) async throws -> RollcallProcess.Ended {
        try await start(arguments, input: input, environment: environment).wait()
    }

    /// Runs `rollcall` to its end with its standard output sent to a file, such as `/dev/full`.
    func rollcall(_ arguments: [String], outputTo file: String) async throws -> RollcallProcess.Ended {
        try await shell("exec \"$0\" \"$@\" > \(file)", arguments)
    }

    /// Runs a shell script, for which `$0` is `rollcall`, in this installation's folder to its end.
    func shell(_ script: String, _ arguments: [String] = []) async throws -> RollcallProcess.Ended {
        try await RollcallProcess(
            ["-c", script, RollcallProcess.executable.path] + arguments, in: path,
            executable: URL(filePath: "/bin/sh")
        ).wait()
    }

    /// The emulator's log of calls, one entry for each request it read.
    func calls() throws -> [LoggedCall] {
        try text("calls.jsonl").split(separator: "\n").map(LoggedCall.init)
    }

    /// Reads the database beside nobody.
    func store() async throws -> RecordStore { try await database.openForReading() }

    /// Reads its database, and closes it again.
    func reading<Value>(_ body: (RecordStore) async throws -> Value) async throws -> Value {
        let store = try await store()
        do {
            let value = try await body(store)
            try await store.close()
            return value
        } catch {
            // What went wrong first is what the test is to show.
            try? await store.close()
            throw error
        }
    }

    /// Where its database is.
    var database: StoreDescription {
        StoreDescription(
            engine: databasePlace == Self.databaseFile
                ? .sqlite(path: file(databasePlace)) : .postgreSQL(url: databasePlace, passwordFile: nil),
            sealingKey: file("secrets/sealing.key"),
            keysFolder: file("secrets"), endpoint: nil)
    }

    /// The batches' counters, which the pages show, have as many calls as the API has read.
    func expectCountersEqualCalls(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let counted = try await reading { store in try await store.batches().reduce(0) { $0 + $1.counts.calls } }
        #expect(counted == emulator.calls.total, sourceLocation: sourceLocation)
    }

    /// Runs statements in a database that is PostgreSQL's.
    func run(_ sql: String) throws {
        try PostgreSQLServer.shared.get().run(sql, in: try #require(databaseName))
    }

    /// Removes everything from a database that is PostgreSQL's.
    func emptyDatabase() throws {
        if databaseName != nil { try run("SET client_min_messages TO warning; DROP SCHEMA IF EXISTS rollcall CASCADE") }
    }

    /// The rows of a batch's ledger.
    func ledger(of batch: Batch, in store: RecordStore) async throws -> [AttemptView] {
        var rows = [AttemptView]()
        try await store.forEachAttempt(batch.id) { rows.append($0) }
        return rows
    }

    /// The rows of `results.csv` of the only batch folder, each as column name to cell.
    func results(_ batch: String) throws -> [[String: String]] {
        CSVText.rows(try text("out/\(batch)/results.csv"))
    }
}

/// One line of the emulator's log.
struct LoggedCall: Sendable {
    let account: String?
    let status: Int
    let fault: String?
    let correlationID: String
    /// When its request had arrived, in milliseconds since 1970 UTC.
    let at: Int64

    /// Faults whose answer is cut off, too big or never comes.
    private static let unfinished: Set = ["reset", "mix-reset", "close", "hang", "cuthead", "truncate", "big"]

    /// Whether a client that was there has the whole answer, with the call's id.
    var arrivedWhole: Bool { fault.map { !Self.unfinished.contains($0) } ?? true }

    init(_ line: Substring) throws {
        let root = try JSONDocument(parsing: Array(line.utf8)).root
        account = root["account"]?.string
        status = try Int(#require(root["status"]?.integer))
        fault = root["fault"]?.string
        correlationID = try #require(root["correlation_id"]?.string)
        at = try #require(root["at"]?.integer)
    }
}

/// A plain RFC 4180 reader for small files, apart from the one under test.
enum CSVText {
    static func rows(_ text: String) -> [[String: String]] {
        var lines = cells(text)
        guard !lines.isEmpty else { return [] }
        let header = lines.removeFirst()
        return lines.map { Dictionary(zip(header, $0)) { first, _ in first } }
    }

    static func cells(_ text: String) -> [[String]] {
        var rows = [[String]]()
        var row = [String]()
        var cell = ""
        var quoted = false
        var scalars = Array(text.unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\"" where quoted && scalars.first == "\"":
                cell.unicodeScalars.append("\"")
                scalars.removeFirst()
            case "\"": quoted.toggle()
            case "," where !quoted:
                row.append(cell)
                cell = ""
            case "\r" where !quoted: continue
            case "\n" where !quoted:
                rows.append(row + [cell])
                row = []
                cell = ""
            default: cell.unicodeScalars.append(scalar)
            }
        }
        return cell.isEmpty && row.isEmpty ? rows : rows + [row + [cell]]
    }
}
