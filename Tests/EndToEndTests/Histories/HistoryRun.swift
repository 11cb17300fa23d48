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
    private let faults: InjectedFaults
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
    /// A process that did not come to its end.
    private var hanging: String?

    /// Begins where nothing is: whatever an earlier history has left is removed, but for the keys.
    init(_ installation: EndToEndInstallation, _ interrupter: Interrupter, _ faults: InjectedFaults) throws {
        (self.installation, self.interrupter, self.faults) = (installation, interrupter, faults)
        faults.setClock(minutes: 0)
        faults.setDisk(isFull: false)
        try installation.set(dailyCalls: nil)
        try installation.emptyDatabase()
        for name in ["var", "secrets", "node", "out", "drop", "copy.sqlite"] {
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
            hasCopy = try await end(start(["backup", "copy.sqlite"])).status == 0
        case .restore:
            guard hasCopy else { return [] }
            _ = try await end(start(["restore", "copy.sqlite"]))
            model.wasRestored = true
        case .setClock(let minutes): faults.setClock(minutes: minutes)
        case .limit(let calls):
            try installation.set(dailyCalls: calls)
            model.dailyCalls = calls
        case .daemon(let scenarios, let changesJob, let end):
            try await letDaemonWork(scenarios, changesJob: changesJob, until: end)
        }
        return try await check(step)
    }

    /// The accounts of a batch's records that have a status; what was under way when a process was killed is in doubt.
    private func accounts(of file: File, in batch: String, having status: String) async throws -> Set<String> {
        try await installation.reading { store in
            guard let batch = try await store.batch(named: batch) else { return [] }
            var found: Set<String> = []
            try await store.forEachRecord(batch.id, statuses: nil, lines: nil) { view in
                let standing: RecordStatus = view.status == .inFlight ? .inDoubt : view.status
                if standing.rawValue == status { found.insert(file.accounts[view.line - 2]) }
            }
            return found
        }
    }

    private mutating func act(_ command: String, _ place: Int, _ more: String...) async throws {
        guard let file = file(place), let batch = try await batch(of: file) else { return }
        _ = try await end(start([command, batch] + more))
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

    private func start(_ arguments: [String]) throws -> RollcallProcess {
        try installation.start(arguments, environment: faults.environment)
    }

    private mutating func send(_ arguments: [String], until end: HistoryStep.Interruption?) async throws {
        let process = try start(arguments, until: end)
        if try await self.end(process).status < 0 { model.wasKilled = true }
        interrupter.rest()
    }

    private func start(_ arguments: [String], until end: HistoryStep.Interruption?) throws -> RollcallProcess {
        let faults = faults
        if case .fillDisk(atCall: 0) = end { faults.setDisk(isFull: true) }
        let process = try start(arguments)
        let calls = installation.emulator.calls.total
        switch end {
        case nil, .fillDisk(atCall: 0): interrupter.rest()
        case .kill(let call): interrupter.aim(at: calls + call) { process.signal(SIGKILL) }
        case .terminate(let call): interrupter.aim(at: calls + call) { process.signal(SIGTERM) }
        case .fillDisk(let call): interrupter.aim(at: calls + call) { faults.setDisk(isFull: true) }
        case .setClock(let call, let minutes):
            interrupter.aim(at: calls + call) { faults.setClock(minutes: minutes) }
        }
        return process
    }

    /// So long a process may take; most end within a second.
    private static let patience = Duration.seconds(60)

    /// Waits for a process's end, and makes room as soon as it has said that there is none.
    private mutating func end(_ process: RollcallProcess) async throws -> RollcallProcess.Ended {
        let last = ContinuousClock.now + Self.patience
        try await waitUntil {
            if process.errorsSoFar.contains("is full") { faults.setDisk(isFull: false) }
            return process.hasEnded || ContinuousClock.now > last
        }
        interrupter.rest()
        faults.setDisk(isFull: false)
        if !process.hasEnded {
            hanging = process.errorsSoFar.split(separator: "\n").last.map(String.init) ?? "it says nothing"
            process.signal(SIGKILL)
        }
        let ended = try await process.wait()
        // What it had in hand when there was no room may have gone with it.
        if ended.status == 3, ended.errors.contains("make room") { model.wasKilled = true }
        return ended
    }

    private mutating func letDaemonWork(
        _ scenarios: [String], changesJob: Bool, until end: HistoryStep.Interruption?
    ) async throws {
        let priority = changesJob ? accounts % 9 + 1 : 1
        try installation.write("source: { path: drop, settle: 50ms }\npriority: 1\n", to: "jobs/drop.yaml")
        let daemon = try start(["daemon"], until: end)
        await daemon.waitForError(containing: "drop folder is open")
        // A call of an earlier file may have ended it before it made the folder.
        guard FileManager.default.fileExists(atPath: installation.file("drop/inbox")) else {
            if try await self.end(daemon).status < 0 { model.wasKilled = true }
            return
        }
        let file = try newFile(scenarios, folder: "drop/inbox")
        if changesJob {
            try installation.write(
                "source: { path: drop, settle: 50ms }\npriority: \(priority)\n", to: "jobs/drop.yaml")
            daemon.signal(SIGHUP)
        }
        let stem = file.name.dropLast(".csv".count)
        let ends = [
            "batch is over batch=\(stem)-", "batch halted batch=\(stem)-", "batch paused by a cap batch=\(stem)-",
            "waits for a confirmation", "results could not be written", "trying again",
        ]
        let last = ContinuousClock.now + Self.patience
        try await waitUntil {
            let said = daemon.errorsSoFar
            if said.contains("is full") { faults.setDisk(isFull: false) }
            // An interrupted daemon says nothing more.
            return daemon.hasEnded || ends.contains { said.contains($0) } || ContinuousClock.now > last
        }
        if ContinuousClock.now > last { hanging = "the daemon does not finish \(file.name)" }
        faults.setDisk(isFull: false)
        daemon.signal(SIGTERM)
        if try await self.end(daemon).status < 0 { model.wasKilled = true }
    }
}

extension HistoryRun {
    private mutating func check(_ step: HistoryStep) async throws -> [String] {
        let log = (try? installation.calls()) ?? []  // No call yet: no log.
        let calls = log[logged...].map { (account: $0.account.map { names[$0] ?? $0 }, status: $0.status) }
        let broken = model.take(calls, asked: &asked) + (hanging.map { ["it does not end: \($0)"] } ?? [])
        logged = log.count
        guard broken.isEmpty, try await installation.database.exists() else { return broken }
        let (files, installation) = (files, installation)
        let days = try await installation.reading { store in
            try await store.ledgerDays(CallDay(rawValue: 0)...CallDay(rawValue: .max)).reduce(into: [:]) {
                $0[$1.day.rawValue, default: 0] += $1.totals.calls
            }
        }
        let readings = try await installation.reading { store in
            var readings: [(BatchReading, lines: Int)] = []
            for batch in try await store.batches() {
                guard let file = files.first(where: { $0.name == batch.fileName }), batch.isIngested else { continue }
                readings.append((try await Self.reading(batch, file, store, installation), file.accounts.count))
            }
            return readings
        }
        return model.check(days: days) + readings.flatMap { model.check($0.0, lines: $0.lines) }
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

/// Does something when the API has read a given call.
final class Interrupter: Sendable {
    private let state = Lock<(at: Int, act: (@Sendable () -> Void)?)>((.max, nil))

    /// Acts at a call, once.
    func aim(at call: Int, _ act: @escaping @Sendable () -> Void) { state.withLock { $0 = (call, act) } }

    func rest() { state.withLock { $0 = (.max, nil) } }

    /// The API has read its so-manieth call.
    func saw(_ call: Int) {
        let act = state.withLock { state in
            guard call >= state.at else { return (@Sendable () -> Void)?.none }
            defer { state = (.max, nil) }
            return state.act
        }
        act?()
    }
}

extension EndToEndInstallation {
    /// Sets `limits.daily_calls`, or takes it out.
    fileprivate func set(dailyCalls calls: Int?) throws {
        let text = try text("rollcall.yaml")
        let plain = text.replacing(#/daily_calls: [0-9]+, /#, with: "")
        let limit = calls.map { "limits: { daily_calls: \($0), " } ?? "limits: { "
        try write(plain.replacing("limits: { ", with: limit), to: "rollcall.yaml")
    }
}
