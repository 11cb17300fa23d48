import Basics
import Foundation
import GRDB
import TestSupport
import Testing

@testable import RecordStore

@Suite struct ArchivingTests {
    private static let never = WallTime.distantFuture

    /// A finished batch of three answers, one of them after a retry, two refusals and an invalid line.
    private static func finishedBatch(_ store: RecordStore, content: UInt8 = 1) async throws -> Batch {
        var rows = (2...6).map { SampleRow($0, request: "\(content)-\($0)") }
        rows.append(SampleRow(7, error: "rule"))
        let batch = try await store.runningBatch(rows, content: content)
        let records = try await store.claim(batch).records
        _ = try await store.finish([
            records[0].transient(until: 0), records[1].succeeded, records[2].rejected, records[3].succeeded,
            records[4].rejected,
        ])
        _ = try await store.finish(try await store.claim(batch).records.map(\.succeeded))
        try await store.setState(batch.id, to: .completed, reason: nil)
        return try await store.batch(batch.id)
    }

    /// All that can be read of a batch.
    private static func content(_ store: RecordStore, _ batch: Batch) async throws -> [String] {
        var lines = [
            "\(try await store.batch(batch.id))", String(decoding: try await store.layout(of: batch.id), as: UTF8.self),
        ]
        try await store.forEachRecord(batch.id) { view in
            let (answer, error) = (try view.answer ?? [], try view.errorText ?? "")
            lines.append(
                "\(view.line) \(view.status) \(view.attempts) \(try view.rawRow) \(view.httpStatus ?? 0) \(answer) \(error)"
            )
        }
        for status in [RecordStatus.succeeded, .failed, .invalid] {
            try await store.forEachRecord(batch.id, statuses: [status], lines: 3...6) {
                lines.append("\(status) \($0.line)")
            }
        }
        try await store.forEachAttempt(batch.id) { lines.append("\($0)") }
        try await store.forEachAttempt(batch.id, lines: 3...4) { lines.append("\($0)") }
        for line in 2...7 {
            let record = try #require(try await store.record(RecordID(batch: batch.id, line: line)))
            lines.append("\(record.line) \(record.status)")
        }
        return lines + ["\(try await store.ledgerTotals(batch.id))"]
    }

    private static func rows(_ store: RecordStore, _ table: String) throws -> Int {
        try store.readWaiting { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") } ?? 0
    }

    @Test func everythingReadsTheSameAtEveryStepOfTheWay() async throws {
        let folder = try StoreFolder()
        var store = try await folder.open()
        let batch = try await Self.finishedBatch(store)
        let before = try await Self.content(store, batch)
        for step in 1...6 {
            #expect(try await store.archive(finishedBefore: Self.never, upTo: 1) == 1)
            #expect(try Self.rows(store, "archived_records") == step)
            #expect(try await Self.content(store, batch) == before)
            // Ended anywhere, it continues.
            try await store.close()
            store = try await folder.open()
            #expect(store.recovery == RecoveryReport())
        }
        #expect(try await store.archive(finishedBefore: Self.never) == 0)
        for table in ["records", "attempts", "results"] { #expect(try Self.rows(store, table) == 0) }
        #expect(try await Self.content(store, batch) == before)
        #expect(try store.readWaiting { try StoredRow.fetchAll($0, sql: "PRAGMA foreign_key_check") }.isEmpty)
        try await store.close()
    }

    @Test func aRecordThatFollowsAnotherShowsItsAnswerFromBothSides() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        _ = try await store.finish(try await store.claim(batch).records.map(\.rejected))
        try await store.write { connection in
            let first = RecordID(batch: batch.id, line: 2).rawValue
            let database = connection.database
            try database.execute(sql: "DELETE FROM results WHERE record_id > ?", arguments: [first])
            try database.execute(
                sql: "UPDATE records SET follows = ?, repeated = 1 WHERE id > ?", arguments: [first, first])
        }
        try await store.setState(batch.id, to: .completed, reason: nil)
        for step in 0...3 {
            if step > 0 { #expect(try await store.archive(finishedBefore: Self.never, upTo: 1) == 1) }
            var codes: [String?] = []
            try await store.forEachRecord(batch.id) { codes.append($0.reasonCode) }
            #expect(codes == ["INVALID_INPUT", "INVALID_INPUT", "INVALID_INPUT"])
        }
        try await store.close()
    }

    @Test func whatIsYoungUnfinishedOrInDoubtStays() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let old = try await Self.finishedBatch(store, content: 1)
        let doubted = try await store.runningBatch(count: 1, content: 2)
        _ = try await store.finish(try await store.claim(doubted).records.map(\.inDoubt))
        try await store.setState(doubted.id, to: .completed, reason: nil)
        _ = try await store.runningBatch(count: 1, content: 3)
        _ = try await store.rejectFile(
            NewBatch(
                job: "nightly", fileName: "a.csv", contentDigest: [UInt8](repeating: 9, count: 32), format: .csv,
                layout: [], provenance: StoreFolder.provenance), reason: "line 1: no header")
        let finishedAt = try #require(old.finishedAt)
        #expect(try await store.archive(finishedBefore: finishedAt) == 0)
        #expect(try await store.archive(finishedBefore: Self.never) == 6)
        #expect(try await store.archive(finishedBefore: Self.never) == 0)
        #expect(try Self.rows(store, "records") == 2)
        #expect(try await store.statuses(doubted) == [.inDoubt])
        // The record in doubt still holds its like.
        let like = try await store.runningBatch(count: 1, content: 4)
        #expect(try await store.claim(like).held == 1)
        try await store.close()
    }

    @Test(arguments: [2, 6])
    func whatIsQueuedAgainComesBackFirst(_ archived: Int) async throws {
        let folder = try StoreFolder()
        let (store, operating) = (try await folder.open(), try await folder.openForOperating())
        let batch = try await Self.finishedBatch(store)
        #expect(try await store.archive(finishedBefore: Self.never, upTo: archived) == archived)
        #expect(try await operating.requeue(batch.id, RequeueSelection(statuses: [.failed])) == 2)
        #expect(try Self.rows(store, "archived_records") == 0)
        let again = try await store.claim(batch).records
        #expect(again.map(\.id.line) == [4, 6] && again.map(\.number) == [2, 2])
        _ = try await store.finish(again.map(\.succeeded))
        try await store.setState(batch.id, to: .completed, reason: nil)
        let before = try await Self.content(store, batch)
        #expect(try await store.archive(finishedBefore: Self.never) == 6)
        #expect(try await Self.content(store, batch) == before)
        try await operating.close()
        try await store.close()
    }

    @Test func whatCameBackIsLeftAloneAsIfJustFinished() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await Self.finishedBatch(store)
        _ = try await store.archive(finishedBefore: Self.never, upTo: 3)
        #expect(try await store.requeue(batch.id, RequeueSelection(statuses: [.failed], reasonCode: "NONE")) == 0)
        #expect(try Self.rows(store, "records") == 6)
        let soon = try #require(batch.finishedAt) + 1
        #expect(try await store.archive(finishedBefore: soon) == 0)
        #expect(try await store.archive(finishedBefore: Self.never) == 6)
        try await store.close()
    }

    @Test func aBatchThatStartsAgainComesBack() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await Self.finishedBatch(store)
        _ = try await store.archive(finishedBefore: Self.never)
        try await store.setState(batch.id, to: .running, reason: nil)
        #expect(try await store.claim(batch).exhausted)
        #expect(try Self.rows(store, "records") == 6)
        try await store.close()
    }

    @Test func onlyTheRunnerArchives() async throws {
        let folder = try StoreFolder()
        let (store, operating) = (try await folder.open(), try await folder.openForOperating())
        await #expect(throws: StoreError.self) { try await operating.archive(finishedBefore: Self.never) }
        try await operating.close()
        try await store.close()
    }

    @Test(arguments: ["records", "attempts", "results"])
    func theArchivesTablesHaveTheSameColumns(_ table: String) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let columns = { (name: String) in
            try store.readWaiting {
                try String.fetchAll($0, sql: "SELECT name || type FROM pragma_table_info(?)", arguments: [name])
            }
        }
        #expect(try columns(table) == columns("archived_" + table))
        try await store.close()
    }

    @Test(
        arguments: [
            (nil, nil, 5...9), (4, nil, 5...9), (5, 5...5, 6...9), (7, 5...7, 8...9), (9, 5...9, nil), (12, 5...9, nil),
        ] as [(Int64?, ClosedRange<Int64>?, ClosedRange<Int64>?)])
    func aStretchIsSplitAtTheBorder(
        _ last: Int64?, _ archived: ClosedRange<Int64>?, _ hot: ClosedRange<Int64>?
    ) {
        let split = ArchiveBorder(last: last).split(5...9)
        #expect(split.archived == archived && split.hot == hot)
    }
}
