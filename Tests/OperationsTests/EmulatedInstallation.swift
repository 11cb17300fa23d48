import Basics
import Emulator
import Foundation
import RecordStore
import TestSupport
import Testing

@testable import Operations

/// A folder with settings, keys and jobs, and the emulator that they lead to, listening on loopback: what an
/// installation is before its first run, for operations and daemons in this process.
final class EmulatedInstallation: Sendable {
    let path: String
    /// The emulator's, while it listens and while it does not.
    private let loopbackPort: LoopbackPort
    private let material: EmulatorMaterial
    private let emulator: Lock<(server: Emulator, task: Task<Void, any Error>)?>

    /// The settings are those that lead to the emulator, followed by `settings`; `jobs` are YAML by name.
    init(
        settings: String = EmulatedSettings.fast, jobs: [String: String] = [:],
        _ knobs: EmulatorConfiguration = EmulatorConfiguration()
    ) async throws {
        path = FileManager.default.temporaryDirectory.appending(path: "rollcall-place-\(UUID().uuidString)").path
        let directory = EmulatorDirectory(path: path)
        try EmulatedKeys.write(below: path)
        material = try directory.material(host: "127.0.0.1")
        loopbackPort = try LoopbackPort(.closed)
        let started = try Self.started(knobs, port: loopbackPort.number, directory, material)
        let port = try await started.server.port()
        emulator = Lock(started)
        // The API shares this process with many tests, and its clock is the real one: an answer may take long.
        try write(EmulatedSettings.text(port: port, requestTimeout: "60s") + settings, to: "rollcall.yaml")
        for (name, text) in jobs { try write(text, to: "jobs/\(name).yaml") }
    }

    /// What a body does with an installation, which is removed then.
    static func with(
        settings: String = EmulatedSettings.fast, jobs: [String: String] = [:],
        _ body: (EmulatedInstallation) async throws -> Void
    ) async throws {
        let place = try await EmulatedInstallation(settings: settings, jobs: jobs)
        try await body(place)
        try await place.end()
    }

    var config: String { file("rollcall.yaml") }
    var port: Int { loopbackPort.number }

    /// Ends the emulator and removes the files.
    func end() async throws {
        try await takeAPIDown()
        try FileManager.default.removeItem(atPath: path)
    }

    /// The API cannot be reached any more.
    func takeAPIDown() async throws {
        guard let (server, task) = emulator.withLock({ $0.take() }) else { return }
        await server.stop()
        try await task.value
    }

    /// The API is back where it was.
    func bringAPIUp() async throws {
        let directory = EmulatorDirectory(path: path)
        // A process that is being started holds the former socket until it runs its program.
        let started = try await waitFor {
            let started = try Self.started(EmulatorConfiguration(), port: port, directory, material)
            do {
                _ = try await started.server.port()
                return started
            } catch let error as EmulatorError where error.code == .address {
                return nil
            }
        }
        emulator.withLock { $0 = started }
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func text(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }

    /// Writes a file so that nobody sees it half written, and makes its folder.
    func write(_ text: String, to name: String) throws {
        let file = URL(filePath: file(name))
        let folder = file.deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let hidden = folder.appending(path: ".\(file.lastPathComponent)")
        try Data(text.utf8).write(to: hidden)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: hidden.path)
        _ = try? FileManager.default.removeItem(at: file)
        try FileManager.default.moveItem(at: hidden, to: file)
    }

    func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: file(folder)).sorted()
    }

    /// How many requests the API has read.
    func callsRead() throws -> Int { try text("calls.jsonl").split(separator: "\n").count }

    /// The database, beside whoever runs it.
    func reading<Value>(_ body: (RecordStore) async throws -> Value) async throws -> Value {
        let store = try await Installation(config: config).storeForReading()
        let value = try await body(store)
        try await store.close()
        return value
    }

    /// The ledger has as many calls as the API has read, and each answer that came stands in both under its id.
    func expectLedgerEqualsCalls(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let called = try text("calls.jsonl").split(separator: "\n").map { line in
            try JSONDecoder().decode(LoggedCall.self, from: Data(line.utf8))
        }
        var (recorded, unanswered) = ([LoggedCall](), 0)
        try await reading { store in
            for batch in try await store.batches() {
                try await store.forEachAttempt(batch.id) { attempt in
                    guard attempt.countsAsCall else { return }
                    let call = attempt.correlationID.map {
                        LoggedCall(correlationID: $0, status: attempt.httpStatus ?? 0)
                    }
                    if let call { recorded.append(call) } else { unanswered += 1 }
                }
            }
        }
        #expect(recorded.count + unanswered == called.count, sourceLocation: sourceLocation)
        #expect(Set(recorded).isSubset(of: called), sourceLocation: sourceLocation)
        #expect(Set(recorded).count == recorded.count, sourceLocation: sourceLocation)
    }

    private static func started(
        _ knobs: EmulatorConfiguration, port: Int, _ directory: EmulatorDirectory, _ material: EmulatorMaterial
    ) throws -> (server: Emulator, task: Task<Void, any Error>) {
        var knobs = knobs
        knobs.port = port
        knobs.callLogPath = directory.callLogPath
        let server = try Emulator(knobs, material: material)
        return (server, Task { try await server.run() })
    }
}

/// One call as both logs know it.
private struct LoggedCall: Decodable, Hashable {
    let correlationID: String
    let status: Int

    private enum CodingKeys: String, CodingKey {
        case correlationID = "correlation_id"
        case status
    }
}
