import Emulator
import Foundation
import Logging
import RecordStore
import TestSupport
import Testing

@testable import Operations

extension DaemonBench {
    /// How often the daemons have logged a message, about one batch or any.
    func count(ofLogged message: String, batch: String? = nil) -> Int {
        lines.all.count { line in
            line.message == message && (batch == nil || line.metadata["batch"] == batch.map { "\($0)" })
        }
    }

    /// What the jobs' commands have been told with `cat >> told.jsonl`, line by line.
    func told() throws -> [String] {
        guard FileManager.default.fileExists(atPath: file("told.jsonl")) else { return [] }
        return try String(contentsOfFile: file("told.jsonl"), encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// Returns once something is true that only takes time of its own, such as a command's; the clock stands still.
    func settle(until isTrue: () async throws -> Bool) async throws {
        try await waitUntil(isTrue)
    }

    /// The batch of that name; nil before there is one.
    func batch(_ name: String) async throws -> Batch? {
        try await reading { try await $0.batch(named: name) }
    }

    /// Whether the batch of that name has ended and its results are written.
    func hasResults(_ name: String) async throws -> Bool {
        guard let batch = try await batch(name) else { return false }
        return try await reading { try await $0.hasResults(batch.id) }
    }

    /// Does to a batch what an operator's command does beside the daemon.
    func operate(_ command: BatchCommand, _ batch: String) async throws {
        let operation = BatchCommandOperation(
            command, batch: batch, config: file("rollcall.yaml"), json: false, console: .silent)
        #expect(try await operation.perform() == .succeeded)
    }

    /// Puts keys in place that the API knows nothing of; the ones before, for `restoreKeys`.
    func spoilKeys() throws -> [String: String] {
        let names = ["pki/client.pem", "pki/client.key"]
        let good = try names.map { ($0, try String(contentsOfFile: file($0), encoding: .utf8)) }
        _ = try EmulatorDirectory(path: file("other")).material(host: "127.0.0.1")
        for name in names { try write(String(contentsOfFile: file("other/\(name)"), encoding: .utf8), to: name) }
        return Dictionary(uniqueKeysWithValues: good)
    }

    /// Puts the right keys back.
    func restoreKeys(_ keys: [String: String]) throws {
        for (name, text) in keys { try write(text, to: name) }
    }
}
