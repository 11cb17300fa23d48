import Basics
import TestSupport
import Testing

@testable import RecordStore

/// A re-run sends what was named, and nothing else that waits in its batch.
@Suite(.everyEngine) struct RerunTests {
    /// Where a batch can be when somebody wants records of it sent again.
    private static let states: [BatchState] = [.running, .completed, .cancelled, .paused, .halted]

    /// What is named, and the lines that this names in a batch that is over, cancelled, or has lines waiting.
    private static let selections: [(selection: RequeueSelection, lines: [Int], whenCancelled: [Int])] = [
        (RequeueSelection(statuses: [.failed]), [3, 4], [3, 4]),
        (RequeueSelection(statuses: [.failed], reasonCode: "A"), [3], [3]),
        (RequeueSelection(statuses: [.failed], lines: 4...4), [4], [4]),
        (RequeueSelection(statuses: [.failed], lines: 4...8), [4], [4]),
        (RequeueSelection(statuses: [.inDoubt]), [5], [5]),
        (RequeueSelection(statuses: [.failed, .inDoubt]), [3, 4, 5], [3, 4, 5]),
        (RequeueSelection(statuses: [.cancelled]), [], [6, 7, 8]),
        (RequeueSelection(statuses: [.cancelled], lines: 7...7), [], [7]),
        (RequeueSelection(statuses: [.failed, .cancelled]), [3, 4], [3, 4, 6, 7, 8]),
        (RequeueSelection(statuses: [.failed], lines: 2...2), [], []),
        (RequeueSelection(statuses: [.failed], lines: 7...7), [], []),
    ]

    /// Lines 2 to 8: succeeded, failed A, failed B, in doubt, then a retry and two untried lines that wait; these are
    /// answered before the batch is completed, and cancelled with it.
    private static func batch(in state: BatchState, _ store: RecordStore) async throws -> Batch {
        let batch = try await store.runningBatch(count: 7)
        let records = try await store.claim(batch, 5).records
        _ = try await store.finish([
            records[0].succeeded, records[1].completion(.failed, httpStatus: 400, reasonCode: "A"),
            records[2].completion(.failed, httpStatus: 400, reasonCode: "B"), records[3].inDoubt,
            records[4].transient(until: 0),
        ])
        if state == .completed { _ = try await store.run(batch) { $0.succeeded } }
        if state != .running { try await store.setState(batch.id, to: state, reason: nil) }
        return try await store.batch(batch.id)
    }

    /// The lines of what a claim brings.
    private static func claimed(_ store: RecordStore, _ batch: Batch, of rerun: RerunNumber?) async throws -> [Int] {
        let caps = RecordStore.uncapped
        return try await store.claim(batch.id, upTo: 20, now: 1_000, caps: caps, of: rerun).records.map(\.id.line)
    }

    @Test(arguments: states, Array(selections.indices))
    func whatIsNamedIsSentAndNothingElse(_ state: BatchState, _ index: Int) async throws {
        let (selection, lines, whenCancelled) = Self.selections[index]
        let named = state == .cancelled ? whenCancelled : lines
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await Self.batch(in: state, store)
        let before = try await store.statuses(batch)

        let rerun = try await store.rerun(batch.id, selection)
        #expect(rerun.queued == named.count && rerun.takenOver == 0)
        let after = try await store.statuses(batch)
        for line in 2...8 {
            #expect(after[line - 2] == (named.contains(line) ? .queued : before[line - 2]), "line \(line)")
        }
        let stands = state == .paused || state == .halted
        let number = rerun.number ?? RerunNumber(rawValue: 1)
        #expect(try await Self.claimed(store, batch, of: number) == (stands ? [] : named))
        let now = try await store.batch(batch.id)
        #expect(now.state == (named.isEmpty || stands ? state : .running))
        #expect(now.counts.calls == batch.counts.calls + (stands ? 0 : named.count))
        // Whoever continues with the whole batch finds the others where they were.
        let waiting = [.completed, .cancelled].contains(state) ? [] : [6, 7, 8]
        if stands { try await store.setState(batch.id, to: .running, reason: nil) }
        #expect(try await Set(Self.claimed(store, batch, of: nil)) == Set(stands ? named + waiting : waiting))
        try await store.close()
    }

    @Test(arguments: [BatchState.completed, .cancelled])
    func whoeverGoesOnWithABatchThatWasOverFindsEachRecordOnce(_ state: BatchState) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await Self.batch(in: state, store)
        let named: [Int] = state == .cancelled ? [3, 4, 6, 7] : [3, 4]
        _ = try await store.rerun(batch.id, RequeueSelection(statuses: [.failed, .cancelled], lines: 3...7))
        #expect(try await Self.claimed(store, batch, of: nil) == named)
        let late = try await store.requeue(batch.id, RequeueSelection(statuses: [.cancelled]))
        #expect(late == (state == .cancelled ? 1 : 0))
        #expect(try await Self.claimed(store, batch, of: nil) == (state == .cancelled ? [8] : []))
        try await store.close()
    }

    /// Some of five lines begin in doubt, as after a restore. A person may send them; policy and schedules leave alone what
    /// may have been sent by a call that the ledger does not know.
    @Test(
        arguments: [2, 5],
        [
            RequeueSelection(statuses: [.inDoubt]), RequeueSelection(statuses: [.inDoubt], byPolicy: true),
            RequeueSelection(statuses: [.inDoubt], sparesAnswered: true),
        ])
    func linesInDoubtFromTheBeginningAreFoundOnce(_ doubted: Int, _ selection: RequeueSelection) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.makeBatch()
        try await store.doubtNextLines(doubted)
        try await store.take((2...6).map { SampleRow($0) }, into: batch)
        try await store.finishIngest(batch.id, state: .running)
        let sends = !selection.byPolicy && !selection.sparesAnswered
        #expect(try await store.requeue(batch.id, selection) == (sends ? doubted : 0))
        let first = sends ? 2 : 2 + doubted
        #expect(try await Self.claimed(store, batch, of: nil) == Array(first..<7))
        try await store.close()
    }

    @Test(arguments: [BatchState.ingesting, .rejected])
    func whatIsNotTakenInIsNotSent(_ state: BatchState) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.makeBatch()
        try await store.take([SampleRow(2)], into: batch)
        if state == .rejected { try await store.setState(batch.id, to: .rejected, reason: "refused") }
        let error = await #expect(throws: StoreError.self) {
            try await store.rerun(batch.id, RequeueSelection(statuses: [.failed, .inDoubt, .cancelled]))
        }
        #expect(error?.code == .notAllowed)
        try await store.close()
    }

    @Test func aBatchCancelledWhileItsFileWasReadIsNotSent() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.makeBatch()
        try await store.take([SampleRow(2)], into: batch)
        try await store.setState(batch.id, to: .cancelled, reason: nil)
        await #expect(throws: StoreError.self) {
            try await store.rerun(batch.id, RequeueSelection(statuses: [.cancelled]))
        }
        try await store.close()
    }

    @Test func aCancelledBatchWaitsForItsCallsBeforeAnythingIsSentAgain() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        let record = try #require(try await store.claim(batch, 1).records.first)
        try await store.setState(batch.id, to: .cancelled, reason: nil)
        let cancelled = RequeueSelection(statuses: [.cancelled])
        await #expect(throws: StoreError.self) { try await store.rerun(batch.id, cancelled) }
        // It is not queued behind the cancellation's back either.
        _ = try await store.finish([record.transient(until: 0)])
        #expect(try await store.statuses(batch) == [.cancelled, .cancelled, .cancelled])
        let rerun = try await store.rerun(batch.id, cancelled)
        #expect(try await Self.claimed(store, batch, of: rerun.number) == [2, 3, 4])
        try await store.close()
    }

    @Test func aRetryStaysItsRerunsUntilItEnds() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await Self.batch(in: .running, store)
        let number = try #require(
            try await store.rerun(batch.id, RequeueSelection(statuses: [.failed], lines: 3...3)).number)
        func claim(now: WallTime) async throws -> Claim {
            try await store.claim(batch.id, upTo: 9, now: now, caps: RecordStore.uncapped, of: number)
        }
        var claim = try await claim(now: 1_000)
        _ = try await store.finish(claim.records.map { $0.transient(until: 5_000) })
        claim = try await store.claim(batch.id, upTo: 9, now: 1_000, caps: RecordStore.uncapped, of: number)
        // The other retry, due now, is nobody's business.
        #expect(claim.records.isEmpty && claim.nextReadyAt == 5_000)
        #expect(try await store.awaitsCalls(batch.id, of: number))
        claim = try await store.claim(batch.id, upTo: 9, now: 5_000, caps: RecordStore.uncapped, of: number)
        #expect(claim.records.map(\.id.line) == [3])
        _ = try await store.finish(claim.records.map(\.rejected))
        #expect(try await !store.awaitsCalls(batch.id, of: number))
        #expect(try await Self.claimed(store, batch, of: number).isEmpty)
        try await store.close()
    }

    @Test func whatARerunDidNotComeToIsTakenOverAsFarAsItIsNamed() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await Self.batch(in: .running, store)
        let failed = RequeueSelection(statuses: [.failed])
        let first = try await store.rerun(batch.id, failed)
        let other = try await store.rerun(batch.id, RequeueSelection(statuses: [.inDoubt], lines: 5...5))
        #expect(other.queued == 1 && other.takenOver == 0)
        #expect(try await Self.claimed(store, batch, of: other.number) == [5])
        let narrow = try await store.rerun(batch.id, RequeueSelection(statuses: [.failed], lines: 4...4))
        #expect(narrow.queued == 0 && narrow.takenOver == 1)
        #expect(try await Self.claimed(store, batch, of: narrow.number) == [4])
        #expect(try await Self.claimed(store, batch, of: first.number) == [3])
        #expect(try await store.rerun(batch.id, failed) == Rerun())
        #expect(try await store.progress(batch.id).queued == 3)
        try await store.close()
    }

    @Test func aLineWhoseRequestStandsElsewhereIsCalledItselfWhereThatLineIsNotNamed() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let rows = [SampleRow(2, request: "same"), SampleRow(3), SampleRow(4, request: "same")]
        let batch = try await store.linkedBatch(rows)
        _ = try await store.run(batch) { $0.rejected }
        // Both lines are queued by a re-run that ends before it comes to them.
        let both = try await store.rerun(batch.id, RequeueSelection(statuses: [.failed]))
        #expect(both.queued == 3)
        #expect(try await store.progress(batch.id).following == 1)
        let one = try await store.rerun(batch.id, RequeueSelection(statuses: [.failed], lines: 4...4))
        #expect(one.takenOver == 1)
        #expect(try await store.progress(batch.id).following == 0)
        let claim = try await store.claim(batch.id, upTo: 9, now: 1_000, caps: RecordStore.uncapped, of: one.number)
        #expect(claim.records.map(\.id.line) == [4])
        _ = try await store.finish(claim.records.map(\.succeeded))
        // The same request is not called again for the line that was left.
        let rest = try await store.claim(batch)
        #expect(rest.records.map(\.id.line) == [3] && rest.reused == 1)
        #expect(try await store.view(batch, 2).reusedFrom == "4")
        try await store.close()
    }

    @Test func cancelledRepeatsAreCalledOnce() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let rows = [SampleRow(2, request: "same"), SampleRow(3), SampleRow(4, request: "same")]
        let batch = try await store.linkedBatch(rows)
        try await store.setState(batch.id, to: .cancelled, reason: nil)
        let rerun = try await store.rerun(batch.id, RequeueSelection(statuses: [.cancelled]))
        #expect(rerun.queued == 3)
        let claim = try await store.claim(batch.id, upTo: 9, now: 1_000, caps: RecordStore.uncapped, of: rerun.number)
        #expect(claim.records.map(\.id.line) == [2, 3])
        _ = try await store.finish(claim.records.map(\.succeeded))
        #expect(try await store.statuses(batch) == [.succeeded, .succeeded, .reused])
        #expect(try await store.progress(batch.id).isExhausted)
        try await store.close()
    }
}
