import Basics
import Foundation
import TestSupport
import Testing

@testable import RecordStore

@Suite(.everyEngine) struct IngestTests {
    private static let rows = [
        SampleRow(2), SampleRow(3, error: "user.email must hold an @"), SampleRow(7, id: "", rawRow: ""), SampleRow(8),
    ]

    @Test func recordsComeBackInInputOrderAsTheyWere() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.makeBatch()
        try await store.take(Self.rows, into: batch)
        var views: [RecordView] = []
        try await store.forEachRecord(batch.id) { views.append($0) }
        #expect(views.map(\.line) == [2, 3, 7, 8])
        #expect(views.map(\.status) == [.queued, .invalid, .queued, .queued])
        for (view, row) in zip(views, Self.rows) {
            #expect(try String(decoding: view.id, as: UTF8.self) == row.id)
            #expect(try String(decoding: view.rawRow, as: UTF8.self) == row.rawRow)
            #expect(try view.errorText == row.error)
            #expect(view.attempts == 0)
        }
        try await store.close()
    }

    /// Rows are inserted several at a time: whole groups, a rest, and refused rows and rows in doubt anywhere among them.
    @Test(arguments: [(count: 16, doubted: 0), (count: 40, doubted: 18), (count: 33, doubted: 40)])
    func rowsKeepTheirPlacesInGroups(_ row: (count: Int, doubted: Int)) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.makeBatch()
        try await store.doubtNextLines(row.doubted)
        let rows = (2..<(row.count + 2)).map { SampleRow($0, error: [5, 17, 33].contains($0) ? "broken \($0)" : nil) }
        try await store.take(rows, into: batch)
        var (views, left) = ([RecordView](), row.doubted)
        try await store.forEachRecord(batch.id) { views.append($0) }
        #expect(views.count == rows.count)
        for (view, row) in zip(views, rows) {
            #expect(view.line == row.line)
            #expect(try String(decoding: view.id, as: UTF8.self) == row.id)
            #expect(try String(decoding: view.rawRow, as: UTF8.self) == row.rawRow)
            #expect(view.status == (row.error != nil ? .invalid : left > 0 ? .inDoubt : .queued))
            if row.error == nil { left -= 1 } else { #expect(try view.errorText == row.error) }
        }
        try await store.close()
    }

    @Test func aNewBatchKeepsAllItWasMadeFrom() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.makeBatch()
        #expect(batch.name == "accounts-1")
        #expect(batch.job == "nightly")
        #expect(batch.fileName == "accounts.csv")
        #expect(batch.contentDigest == [UInt8](repeating: 1, count: 32))
        #expect(batch.format == .csv)
        #expect(batch.state == .ingesting)
        #expect(!batch.isIngested)
        #expect(batch.checkpoint == .start)
        #expect(batch.provenance == StoreFolder.provenance)
        #expect(batch.counts == BatchCounts())
        #expect(try await store.layout(of: batch.id) == Array("layout".utf8))
        try await store.close()
    }

    @Test func countersAndCheckpointMoveWithTheRecords() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let made = try await store.makeBatch()
        try await store.take(Self.rows, into: made)
        let batch = try await store.batch(made.id)
        #expect(batch.counts.total == 4)
        #expect(batch.counts.queued == 3)
        #expect(batch.counts.invalid == 1)
        #expect(batch.checkpoint == Checkpoint(byteOffset: 80, line: 9))
        try await store.close()
    }

    @Test func aChunkIsUsedAgain() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.makeBatch()
        var chunk = try await store.chunk(for: batch.id)
        for round in 0..<3 {
            for line in 1...100 { try chunk.append(SampleRow(round * 100 + line)) }
            #expect(chunk.count == 100)
            #expect(chunk.byteCount > 100 * 28)
            chunk = try await store.append(chunk, checkpoint: Checkpoint(byteOffset: Int64(round), line: 1))
            #expect(chunk.count == 0)
            #expect(chunk.byteCount == 0)
        }
        #expect(try await store.progress(batch.id).total == 300)
        try await store.close()
    }

    @Test func aLineThatIsThereAlreadyKeepsTheWholeChunkOut() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.makeBatch()
        try await store.take(Self.rows, into: batch)
        let before = try await store.batch(batch.id)
        await #expect(throws: (any Error).self) {
            try await store.take([SampleRow(9), SampleRow(8)], into: batch)
        }
        #expect(try await store.batch(batch.id) == before)
        try await store.take([SampleRow(9)], into: batch)
        #expect(try await store.progress(batch.id).total == 5)
        try await store.close()
    }

    @Test(
        "A chunk whose transaction is undone, for another operation's sake or a full disk's, is taken in whole by the next"
    )
    func undoneWithOthers() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.makeBatch()
        var chunk = try await store.chunk(for: batch.id)
        for line in 2...4 { try chunk.append(SampleRow(line)) }
        chunk.handOver()
        let (box, checkpoint) = (chunk.box, Checkpoint(byteOffset: 40, line: 5))
        #expect(throws: StoreError.self) {
            try store.writeWaiting { connection in
                try connection.append(from: box, to: batch.id, checkpoint: checkpoint)
                throw StoreError(.notAllowed, "a rule was broken")
            }
        }
        #expect(try await store.progress(batch.id).total == 0)
        try store.writeWaiting { try $0.append(from: box, to: batch.id, checkpoint: checkpoint) }
        #expect(try await store.progress(batch.id).total == 3)
        #expect(try await store.statuses(batch) == [.queued, .queued, .queued])
        chunk.takeBack()
        #expect(chunk.count == 0)
        try await store.close()
    }

    @Test func aKilledIngestGoesOnFromItsCheckpoint() async throws {
        let folder = try StoreFolder()
        let first = try await folder.open()
        let batch = try await first.makeBatch()
        try await first.take(Self.rows, into: batch)
        try await first.close()
        let second = try await folder.open()
        #expect(try await second.batch(batch.id).checkpoint.line == 9)
        try await second.take([SampleRow(9)], into: batch)
        try await second.finishIngest(batch.id, state: .running)
        #expect(try await second.statuses(batch) == [.queued, .invalid, .queued, .queued, .queued])
        try await second.close()
    }

    @Test func onlyAnIngestingBatchTakesRecordsIn() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        let error = await #expect(throws: StoreError.self) { try await store.take([SampleRow(9)], into: batch) }
        #expect(error?.code == .notAllowed)
        try await store.close()
    }

    @Test func theSameFileIsNotReadTwiceAtOnce() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let first = try await store.makeBatch()
        let error = await #expect(throws: StoreError.self) { try await store.makeBatch() }
        #expect(error?.code == .notAllowed)
        try await store.take([SampleRow(2)], into: first)
        try await store.finishIngest(first.id, state: .running)
        let second = try await store.makeBatch()
        let found = try await store.findBatch(job: "nightly", contentDigest: first.contentDigest)
        #expect(found.map(\.id) == [second.id, first.id])
        #expect(try await store.findBatch(job: "other", contentDigest: first.contentDigest).isEmpty)
        try await store.close()
    }

    /// A file as two commands at once would take it in: each has looked for it and found nothing.
    private static func new(again: Bool = false, job: String = "nightly") -> NewBatch {
        NewBatch(
            job: job, fileName: "copy.csv", contentDigest: [UInt8](repeating: 1, count: 32), format: .csv,
            layout: [1], provenance: StoreFolder.provenance, again: again)
    }

    @Test func aContentThatWasTakenInGetsNoSecondBatchUnlessAgain() async throws {
        let folder = try StoreFolder()
        let (store, beside) = (try await folder.open(), try await folder.openForOperating())
        let first = try await store.createBatch(Self.new())
        for state in [BatchState.ingesting, .running, .completed] {
            if state == .running {
                try await store.take([SampleRow(2)], into: first)
                try await store.finishIngest(first.id, state: .running)
            } else if state == .completed {
                _ = try await store.run(first) { $0.succeeded }
                try await store.setState(first.id, to: .completed, reason: nil)
            }
            let error = await #expect(throws: StoreError.self) { try await beside.createBatch(Self.new()) }
            #expect(error?.code == .takenIn)
            #expect(error?.message.contains("copy-1, which is \(state.rawValue)") == true)
        }
        _ = try await beside.createBatch(Self.new(job: "other"))
        let again = try await beside.createBatch(Self.new(again: true))
        #expect(try await store.batches().map(\.id.rawValue) == [1, 2, again.id.rawValue])
        try await beside.close()
        try await store.close()
    }

    @Test func aContentWithoutRecordsOrRejectedGetsAnotherBatch() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let empty = try await store.createBatch(Self.new())
        try await store.finishIngest(empty.id, state: .completed)
        let wrong = try await store.createBatch(Self.new())
        try await store.setState(wrong.id, to: .rejected, reason: "wrong")
        _ = try await store.createBatch(Self.new())
        #expect(try await store.batches().count == 3)
        try await store.close()
    }

    @Test(arguments: [
        ("accounts.csv", "accounts-7"), ("Ärger/../x.csv", "rger-..-x-7"), (".hidden", "batch-7"),
        ("a b,c.jsonl", "a-b-c-7"),
        ("no_extension", "no_extension-7"), ("two.parts.csv", "two.parts-7"), ("", "batch-7"),
        (String(repeating: "x", count: 200) + ".csv", String(repeating: "x", count: 80) + "-7"),
    ])
    func aBatchIsNamedAfterItsFile(_ fileName: String, _ name: String) {
        let new = NewBatch(
            job: "j", fileName: fileName, contentDigest: [], format: .csv, layout: [],
            provenance: StoreFolder.provenance)
        #expect(new.name(for: 7) == name)
    }

    @Test func batchesAreFoundByNameAndNumber() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let first = try await store.makeBatch(1)
        let second = try await store.makeBatch(2, fileName: "1.csv")
        #expect(try await store.batch(named: "accounts-1") == first)
        #expect(try await store.batch(named: "2") == second)
        #expect(try await store.batch(named: "1-2") == second)
        #expect(try await store.batch(named: "3") == nil)
        #expect(try await store.batches() == [first, second])
        await #expect(throws: StoreError.self) { try await store.batch(BatchID(rawValue: 3)) }
        try await store.close()
    }
}
