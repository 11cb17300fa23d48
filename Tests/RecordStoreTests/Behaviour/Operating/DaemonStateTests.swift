import Basics
import TestSupport
import Testing

@testable import RecordStore

@Suite(.everyEngine) struct DaemonStateTests {
    @Test func aScheduleRemembersItsLastDueTime() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        #expect(try await store.lastDue(ofSchedule: "nightly", times: "0 22 * * * UTC") == nil)
        try await store.saveLastDue(1_000, ofSchedule: "nightly", times: "0 22 * * * UTC")
        try await store.saveLastDue(5, ofSchedule: "hourly", times: "@hourly UTC")
        try await store.saveLastDue(2_000, ofSchedule: "nightly", times: "0 22 * * * UTC")
        try await store.close()
        let again = try await folder.open()
        #expect(try await again.lastDue(ofSchedule: "nightly", times: "0 22 * * * UTC") == 2_000)
        #expect(try await again.lastDue(ofSchedule: "hourly", times: "@hourly UTC") == 5)
        try await again.close()
    }

    @Test func anEditedScheduleHasNoLastDueTime() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        try await store.saveLastDue(1_000, ofSchedule: "nightly", times: "0 22 * * * UTC")
        #expect(try await store.lastDue(ofSchedule: "nightly", times: "0 4 * * * UTC") == nil)
        try await store.close()
    }

    @Test func aScheduleThatIsSwitchedOffIsForgotten() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        try await store.saveLastDue(1_000, ofSchedule: "nightly", times: "@daily UTC")
        try await store.saveLastDue(5, ofSchedule: "hourly", times: "@hourly UTC")
        try await store.forgetSchedules(except: ["hourly"])
        #expect(try await store.lastDue(ofSchedule: "nightly", times: "@daily UTC") == nil)
        #expect(try await store.lastDue(ofSchedule: "hourly", times: "@hourly UTC") == 5)
        try await store.close()
    }

    @Test func onlyBatchesThatACapHasPausedGoOnByThemselves() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let capped = try await store.runningBatch(count: 1)
        let paused = try await store.runningBatch(count: 2)
        for batch in [capped, paused] { try await store.setState(batch.id, to: .paused, reason: nil) }
        try await store.setResumption(of: store.batch(capped.id), at: 99)
        #expect(try await store.resumptions() == [capped.id: 99])
        #expect(try await !store.resumeAfterCap(capped.id, at: 98))
        #expect(try await !store.resumeAfterCap(paused.id, at: 100))
        #expect(try await store.resumeAfterCap(capped.id, at: 99))
        #expect(try await store.resumptions().isEmpty)
        try await store.close()
    }

    @Test func whatAPersonHasPausedSinceDoesNotGoOnByItself() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        try await store.setState(batch.id, to: .paused, reason: "limits.daily_calls is reached")
        let capped = try await store.batch(batch.id)
        try await store.setState(batch.id, to: .running, reason: nil)
        try await store.setState(batch.id, to: .paused, reason: "paused by ada")
        try await store.setResumption(of: capped, at: 99)
        #expect(try await store.resumptions().isEmpty)
        #expect(try await !store.resumeAfterCap(batch.id, at: 100))
        try await store.close()
    }

    @Test(arguments: [
        RunnerStatus.Gate.open,
        .closed(reason: "ten calls in a row without an answer", since: 5, nextProbeAt: 9, probes: 3),
        .closed(reason: nil, since: 5, nextProbeAt: nil, probes: 0),
        .halted(reason: "the client certificate has expired", since: 5),
    ])
    func othersReadWhatTheRunnerSays(_ gate: RunnerStatus.Gate) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let reader = try await folder.openForReading()
        #expect(try await reader.runnerStatus() == nil)
        var status = RunnerStatus(
            process: 4_711, host: "vault", version: "0.2.0", isDaemon: true, jobs: 3, startedAt: 1, loadedAt: 2,
            updatedAt: 3, gate: .open, allowedRate: 20, closedUntil: 8)
        try await store.saveRunnerStatus(status)
        status.gate = gate
        (status.updatedAt, status.rates) = (4, [BatchID(rawValue: 12): 11.8, BatchID(rawValue: 3): 0])
        try await store.saveRunnerStatus(status)
        #expect(try await reader.runnerStatus() == status)
        #expect(try await reader.measuredRates(since: 4) == status.rates)
        #expect(try await reader.measuredRates(since: 5).isEmpty)
        try await reader.close()
        try await store.close()
    }

    @Test(
        "Rates that are none are passed over",
        arguments: [
            (nil, [:]), ("", [:]), ("12=11.8 3=0", [12: 11.8, 3: 0]), ("12=x 13=-1 14 =2 15=1", [15: 1]),
        ] as [(String?, [Int64: Double])])
    func rates(text: String?, rates: [Int64: Double]) {
        let expected = Dictionary(uniqueKeysWithValues: rates.map { (BatchID(rawValue: $0.key), $0.value) })
        #expect(ReportedRates(text: text).perSecond == expected)
        #expect(ReportedRates(text: ReportedRates(perSecond: expected).text).perSecond == expected)
    }

    @Test func onlyTheRunnerSpeaksForItself() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let operating = try await folder.openForOperating()
        let status = RunnerStatus(
            process: 1, host: "h", version: "1", isDaemon: false, startedAt: 1, loadedAt: 1, updatedAt: 1,
            allowedRate: 1)
        let error = await #expect(throws: StoreError.self) { try await operating.saveRunnerStatus(status) }
        #expect(error?.code == .notAllowed)
        try await operating.close()
        try await store.close()
    }

    @Test func unfinishedBatchesAreThoseThatMayGoOn() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        var expected: [BatchID] = []
        for (content, state) in [BatchState.running, .paused, .halted, .completed, .cancelled].enumerated() {
            let batch = try await store.runningBatch(count: 1, content: UInt8(content))
            if state == .completed { _ = try await store.finish(try await store.claim(batch).records.map(\.rejected)) }
            if state != .running { try await store.setState(batch.id, to: state, reason: nil) }
            if !state.isFinished { expected.append(batch.id) }
        }
        expected.append(try await store.makeBatch(99).id)
        #expect(try await store.unfinishedBatches().map(\.id) == expected)
        try await store.close()
    }
}
