import Basics
import Emulator
import Foundation
import OpenSSL
import RecordStore
import TestSupport

/// Lets one history happen in an installation with the built tool, and checks the model after each step.
struct HistoryRun {
    /// A file that was taken in.
    struct File {
        let name: String
        /// The accounts of its lines, in their order.
        let accounts: [String]
        /// Whether a daemon took it in, so that its results lie in a drop folder.
        let isDropped: Bool
    }

    private let installation: EndToEndInstallation
    private let interrupter: Interrupter
    private var model = HistoryModel()
    private var files: [File] = []
    private var logged: Int
    private var accounts = 0
    /// The accounts' names by what is sent of them.
    private var names: [String: String] = [:]
    /// Accounts that were to be sent again and that the API has not read since: a re-run that was interrupted leaves them
    /// to a later process, and what a killed process has sent may arrive a moment later.
    private var asked: Set<String> = []
    private var hasCopy = false

    /// Begins where nothing is: whatever an earlier history has left is removed, but for the keys.
    init(_ installation: EndToEndInstallation, _ interrupter: Interrupter) throws {
        (self.installation, self.interrupter) = (installation, interrupter)
        for name in ["var", "secrets", "out", "drop", "copy.sqlite"] {
            // What is not there need not be removed.
            try? FileManager.default.removeItem(atPath: installation.file(name))
        }
        for name in ["var", "secrets", "out"] { try installation.makeFolder(name) }
        // The log of an emulator that was not called yet is not there.
        logged = (try? installation.calls().count) ?? 0
    }

    /// Lets the steps happen, one after the other.
    ///
    /// - Returns: The rules that were broken, with the step that broke them; empty where all hold.
    mutating func happen(_ steps: [HistoryStep]) async throws -> [String] {
        for (number, step) in steps.enumerated() {
            let broken = try await happen(step)
            if !broken.isEmpty { return broken.map { "step \(number + 1), \(step): \($0)" } }
        }
        return []
    }

    private mutating func happen(_ step: HistoryStep) async throws -> [String] {
        switch step {
        case .run(let scenarios, let end):
            let file = try newFile(scenarios, folder: nil)
            try await send(["run", file.name], until: end)
        case .runAgain(let place, let end):
            guard let file = file(place), !file.isDropped else { return [] }
            try await send(["run", file.name], until: end)
        case .rerun(let place, let status, let end):
            guard let file = file(place), let batch = try await batch(of: file) else { return [] }
            asked.formUnion(try await accounts(of: file, in: batch, having: status))
            try await send(["rerun", batch, "--status", status, "--yes"], until: end)
        case .resolve(let place): try await act("resolve", place, "--line", "2", "--as", "failed")
        case .pause(let place): try await act("pause", place)
        case .resume(let place): try await act("resume", place)
        case .cancel(let place): try await act("cancel", place)
        case .backup:
            try? FileManager.default.removeItem(atPath: installation.file("copy.sqlite"))
            hasCopy = try await installation.rollcall("backup", "copy.sqlite").status == 0
        case .restore:
            guard hasCopy else { return [] }
            _ = try await installation.rollcall("restore", "copy.sqlite")
            model.wasRestored = true
        case .daemon(let scenarios, let changesJob, let end):
            try await letDaemonWork(scenarios, changesJob: changesJob, until: end)
        }
        return try await check(step)
    }

    /// The accounts of a batch's records that have a status.
    private func accounts(of file: File, in batch: String, having status: String) async throws -> Set<String> {
        try await installation.reading { store in
            guard let batch = try await store.batch(named: batch) else { return [] }
            var found: Set<String> = []
            try await store.forEachRecord(batch.id, statuses: nil, lines: nil) { view in
                if view.status.rawValue == status { found.insert(file.accounts[view.line - 2]) }
            }
            return found
        }
    }

    private func act(_ command: String, _ place: Int, _ more: String...) async throws {
        guard let file = file(place), let batch = try await batch(of: file) else { return }
        _ = try await installation.start([command, batch] + more).wait()
    }

    /// The name of a file's batch, whose number depends on what was put back; nil where there is none.
    private func batch(of file: File) async throws -> String? {
        try await installation.reading { store in
            try await store.batches().first { $0.fileName == file.name }?.name
        }
    }

    /// A file counted from the last one back.
    private func file(_ place: Int) -> File? {
        files.indices.contains(files.count - 1 - place) ? files[files.count - 1 - place] : nil
    }

    private mutating func newFile(_ scenarios: [String], folder: String?) throws -> File {
        let first = accounts + 1
        accounts += scenarios.count
        let lines = scenarios.enumerated().map { place, scenario in
            Accounts.line(first + place, email: "\(scenario).\(first + place)@example.com")
        }
        for number in first...accounts {
            names[try SHA256.hex(Array("account-\(number)".utf8))] = "account-\(number)"
        }
        let name = "file\(files.count + 1).csv"
        let text = Accounts.header + lines.joined()
        if let folder {
            try installation.drop(text, as: name, into: folder)
        } else {
            try installation.write(text, to: name)
        }
        let file = File(
            name: name, accounts: (first...accounts).map { "account-\($0)" }, isDropped: folder != nil)
        files.append(file)
        return file
    }

    private mutating func send(_ arguments: [String], until end: HistoryStep.Interruption?) async throws {
        let process = try installation.start(arguments)
        interrupter.aim(at: process, end, after: installation.emulator.calls.total)
        let ended = try await process.wait()
        if ended.status < 0 { model.wasKilled = true }
        interrupter.rest()
    }

    private mutating func letDaemonWork(
        _ scenarios: [String], changesJob: Bool, until end: HistoryStep.Interruption?
    ) async throws {
        let priority = changesJob ? accounts % 9 + 1 : 1
        try installation.write("source: { path: drop, settle: 50ms }\npriority: 1\n", to: "jobs/drop.yaml")
        let daemon = try await installation.daemon()
        interrupter.aim(at: daemon, end, after: installation.emulator.calls.total)
        let file = try newFile(scenarios, folder: "drop/inbox")
        if changesJob {
            try installation.write(
                "source: { path: drop, settle: 50ms }\npriority: \(priority)\n", to: "jobs/drop.yaml")
            daemon.signal(SIGHUP)
        }
        let stem = file.name.dropLast(".csv".count)
        let ends = ["batch is over batch=\(stem)-", "batch halted batch=\(stem)-", "waits for a confirmation"]
        try await waitUntil {
            let said = daemon.errorsSoFar
            // An interrupted daemon says nothing more.
            return kill(daemon.identifier, 0) != 0 || ends.contains { said.contains($0) }
        }
        daemon.signal(SIGTERM)
        if try await daemon.wait().status < 0 { model.wasKilled = true }
        interrupter.rest()
    }
}

extension HistoryRun {
    private mutating func check(_ step: HistoryStep) async throws -> [String] {
        let log = (try? installation.calls()) ?? []  // No call yet: no log.
        let calls = log[logged...].map { (account: $0.account.map { names[$0] ?? $0 }, status: $0.status) }
        let broken = model.take(calls, asked: &asked)
        logged = log.count
        guard broken.isEmpty, FileManager.default.fileExists(atPath: installation.file("var/rollcall.sqlite")) else {
            return broken
        }
        let (files, installation) = (files, installation)
        let readings = try await installation.reading { store in
            var readings: [(BatchReading, lines: Int)] = []
            for batch in try await store.batches() {
                guard let file = files.first(where: { $0.name == batch.fileName }), batch.isIngested else { continue }
                readings.append((try await Self.reading(batch, file, store, installation), file.accounts.count))
            }
            return readings
        }
        return readings.flatMap { model.check($0.0, lines: $0.lines) }
    }

    private static func reading(
        _ batch: Batch, _ file: File, _ store: RecordStore, _ installation: EndToEndInstallation
    ) async throws -> BatchReading {
        var calls: [RecordID: Int] = [:]
        try await store.forEachAttempt(batch.id) { calls[$0.record, default: 0] += $0.countsAsCall ? 1 : 0 }
        var records: [BatchReading.Record] = []
        try await store.forEachRecord(batch.id, statuses: nil, lines: nil) { view in
            records.append(
                BatchReading.Record(
                    account: file.accounts[view.line - 2], status: view.status, calls: calls[view.record] ?? 0,
                    isResolved: view.isResolvedByHand))
        }
        // A process that was killed has left files to the next one.
        let isPending = try await store.pendingBatches().contains { $0.id == batch.id }
        let results = try? installation.results(batch.name)
        let isWhole = batch.state == .completed && !file.isDropped && !isPending
        return BatchReading(
            name: batch.name, counts: batch.counts, records: records,
            resultStatuses: isWhole ? results?.compactMap { $0["status"] } : nil)
    }
}

/// Interrupts a process when the API has read a given call.
final class Interrupter: Sendable {
    private let state = Lock<(at: Int, signal: Int32, victim: RollcallProcess?)>((.max, 0, nil))

    /// Interrupts the process at a call counted from those made so far; nil: not at all.
    func aim(at victim: RollcallProcess, _ end: HistoryStep.Interruption?, after calls: Int) {
        switch end {
        case nil: rest()
        case .kill(let call): state.withLock { $0 = (calls + call, SIGKILL, victim) }
        case .terminate(let call): state.withLock { $0 = (calls + call, SIGTERM, victim) }
        }
    }

    func rest() { state.withLock { $0 = (.max, 0, nil) } }

    /// The API has read its so-manieth call.
    func saw(_ call: Int) {
        state.withLock { state in
            guard call >= state.at else { return }
            state.victim?.signal(state.signal)
            state = (.max, 0, nil)
        }
    }
}
