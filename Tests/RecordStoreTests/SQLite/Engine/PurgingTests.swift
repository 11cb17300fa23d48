import Basics
import Foundation
import GRDB
import TestSupport
import Testing

@testable import RecordStore

@Suite struct PurgingTests {
    /// A finished batch of answers, refusals and an invalid line, its results written; more lines than one step purges.
    private static func finishedBatch(_ store: RecordStore, count: Int = 600) async throws -> Batch {
        var rows = (2...count).map { SampleRow($0, request: "request \($0)") }
        rows.append(SampleRow(count + 1, error: "rule"))
        let batch = try await store.runningBatch(rows)
        _ = try await store.run(batch) { $0.id.line % 3 == 0 ? $0.rejected : $0.succeeded }
        try await store.setState(batch.id, to: .completed, reason: nil)
        let ended = try await store.batch(batch.id)
        try await store.markResultsWritten(ended.id, finishedAt: ended.finishedAt)
        return ended
    }

    private static func sealedValues(_ store: RecordStore) throws -> [Data] {
        try store.readWaiting { database in
            try ["", "archived_"].flatMap { set in
                try Data.fetchAll(database, sql: "SELECT payload FROM \(set)records WHERE payload <> x''")
                    + Data.fetchAll(database, sql: "SELECT answer FROM \(set)results WHERE answer IS NOT NULL")
                    + Data.fetchAll(database, sql: "SELECT detail FROM \(set)results WHERE detail IS NOT NULL")
            } + Data.fetchAll(database, sql: "SELECT layout FROM layouts")
                + Data.fetchAll(database, sql: "SELECT wrapped_key FROM batch_keys")
        }
    }

    private static func purge(_ batch: Batch, in store: RecordStore) async throws -> Bool {
        try await store.purge(batch.id, at: 86_400_000, noting: .sample(.purge, of: batch.id))
    }

    private static func ledger(_ store: RecordStore, _ batch: Batch) async throws -> [String] {
        var lines: [String] = []
        try await store.forEachAttempt(batch.id) { lines.append("\($0)") }
        return lines + ["\(try await store.ledgerTotals(batch.id))", "\(try await store.batch(batch.id).counts)"]
    }

    @Test(arguments: [0, 300, 10_000])
    func nothingSealedIsLeftInTheFilesAndTheLedgerIsTheSame(archived: Int) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await Self.finishedBatch(store)
        if archived > 0 { _ = try await store.archive(finishedBefore: .max, upTo: archived) }
        let (sealed, ledger) = (try Self.sealedValues(store), try await Self.ledger(store, batch))
        #expect(sealed.count > 1_000)
        #expect(try await Self.purge(batch, in: store))
        #expect(try await store.emptyWAL())
        let files = try [folder.database, folder.database + "-wal"].map { try Data(contentsOf: URL(filePath: $0)) }
        for value in sealed {
            // What a nonce and the start of a ciphertext are is found nowhere else by chance.
            #expect(files.allSatisfy { $0.range(of: value.prefix(24)) == nil })
        }
        #expect(try Self.sealedValues(store).isEmpty)
        #expect(try await Self.ledger(store, batch) == ledger)
        #expect(try await store.batch(batch.id).purgedAt == 86_400_000)
        #expect(try await store.actions(of: batch.id).map(\.name) == [.purge])
        try await store.close()
    }

    @Test func whatNeedsItsRowsIsRefusedWithTheDay() async throws {
        let store = try await StoreFolder().open()
        let batch = try await Self.finishedBatch(store, count: 20)
        #expect(try await Self.purge(batch, in: store))
        #expect(try await !Self.purge(batch, in: store))
        let requeued = await #expect(throws: StoreError.self) {
            _ = try await store.requeue(batch.id, RequeueSelection(statuses: [.failed]))
        }
        let read = await #expect(throws: StoreError.self) { try await store.forEachRecord(batch.id) { _ in } }
        let layout = await #expect(throws: StoreError.self) { _ = try await store.layout(of: batch.id) }
        for error in [requeued, read, layout] {
            #expect(error?.code == .purged && error?.message.contains("purged on 1970-01-02") == true)
        }
        #expect(try await store.batch(batch.id).counts.queued == 0)
        try await store.close()
    }

    @Test func aPurgeThatWasInterruptedGoesOnWhereItStood() async throws {
        let folder = try StoreFolder()
        var store = try await folder.open()
        let batch = try await Self.finishedBatch(store)
        // What a process leaves that ended right after it had destroyed the key.
        try await store.write { connection in
            try connection.database.execute(
                sql: "UPDATE batches SET purged_at = 5, purge_next = ?", arguments: [batch.id.records.lowerBound])
            try connection.database.execute(sql: "DELETE FROM batch_keys")
            try connection.database.execute(sql: "DELETE FROM layouts")
        }
        try await store.close()
        store = try await folder.open()
        #expect(try !Self.sealedValues(store).isEmpty)
        #expect(try await store.finishPurges() == 1)
        #expect(try Self.sealedValues(store).isEmpty)
        #expect(try await store.finishPurges() == 0)
        try await store.close()
    }

    @Test func whatIsNeededIsNotPurged() async throws {
        let store = try await StoreFolder().open()
        let doubted = try await store.runningBatch(count: 2, content: 1)
        _ = try await store.run(doubted) { $0.id.line == 2 ? $0.inDoubt : $0.succeeded }
        #expect(try await !Self.purge(doubted, in: store))
        try await store.setState(doubted.id, to: .completed, reason: nil)
        let ended = try await store.batch(doubted.id)
        #expect(try await store.batchesLackingResults() == [ended.id])
        try await store.markResultsWritten(ended.id, finishedAt: ended.finishedAt)
        #expect(try await store.batchesLackingResults().isEmpty)
        #expect(try await !Self.purge(doubted, in: store))
        #expect(try await store.view(doubted, 2).payload().rawRow == Array("row-2".utf8))
        #expect(try await store.actions(of: doubted.id).isEmpty)
        try await store.close()
    }

    @Test func anErasedAnswerServesNoIdenticalRecord() async throws {
        let store = try await StoreFolder().open()
        let first = try await Self.finishedBatch(store, count: 4)
        let caps = CallCaps(answeredSince: 0, day: RecordStore.day)
        try await store.learnAnswers()
        #expect(try await Self.purge(first, in: store))
        let second = try await store.runningBatch([SampleRow(2, request: "request 2")], content: 2)
        #expect(try await store.claim(second.id, upTo: 1, now: 1_000, caps: caps).records.count == 1)
        try await store.close()
    }
}
