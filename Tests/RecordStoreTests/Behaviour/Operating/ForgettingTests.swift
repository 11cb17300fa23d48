import Basics
import Foundation
import TestSupport
import Testing

@testable import RecordStore

@Suite(.everyEngine) struct ForgettingTests {
    static let instant: WallTime = 86_400_000

    static func forget(
        _ lines: [Int], of batch: Batch, in store: RecordStore, isRestored: Bool = false
    ) async throws -> [Int] {
        let records = lines.map { RecordID(batch: batch.id, line: $0) }
        return try await store.forget(records, at: instant, isRestored: isRestored, noting: .sample(.forget))
            .map(\.line).sorted()
    }

    /// The sealed values of some lines as they stand in the tables, and their fingerprints.
    static func values(_ store: RecordStore, _ batch: Batch, _ lines: [Int]) throws -> [Data] {
        let ids = lines.map { String(RecordID(batch: batch.id, line: $0).rawValue) }.joined(separator: ", ")
        return try store.readWaiting { database in
            let columns = [
                ("records", "id", "payload"), ("records", "id", "fingerprint"), ("results", "record_id", "answer"),
                ("results", "record_id", "detail"),
            ]
            return try ["", "archived_"].flatMap { set in
                try columns.flatMap { table, key, column in
                    try Data.fetchAll(
                        database,
                        sql: "SELECT \(column) FROM \(set)\(table) WHERE \(key) IN (\(ids)) AND \(column) IS NOT NULL")
                }
            }
        }
    }

    private static func ledger(_ store: RecordStore, _ batch: Batch) async throws -> [String] {
        var lines: [String] = []
        try await store.forEachAttempt(batch.id) { lines.append("\($0)") }
        return lines + ["\(try await store.ledgerTotals(batch.id))"]
    }

    @Test(arguments: [0, 6, 10_000])
    func nothingIsLeftOfThemAndAllOfTheOthers(archived: Int) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        var rows = (2...11).map { SampleRow($0, request: "request \($0 / 2)") }
        rows.append(SampleRow(12, error: "rule"))
        let batch = try await store.linkedBatch(rows)
        _ = try await store.run(batch) { $0.id.line == 6 ? $0.rejected : $0.succeeded }
        try await store.learnAnswers()
        try await store.setState(batch.id, to: .completed, reason: nil)
        if archived > 0 { _ = try await store.archive(finishedBefore: .distantFuture, upTo: archived) }
        let ended = try await store.batch(batch.id)
        let (gone, kept) = ([2, 3, 6, 7, 12], [4, 5, 8, 9, 10, 11])
        let (erased, others) = (try Self.values(store, batch, gone), try Self.values(store, batch, kept))
        let (ledger, statuses) = (try await Self.ledger(store, batch), try await store.statuses(batch))
        // Five rows, four fingerprints, an answer, a refusal and a rule.
        #expect(erased.count == 12)
        #expect(try await Self.forget([2, 3, 6, 7, 12], of: batch, in: store) == gone)
        if !store.isAtServer {
            #expect(try await store.emptyLog())
            let files = try [folder.database, folder.database + "-wal"].map { try Data(contentsOf: URL(filePath: $0)) }
            for value in erased { #expect(files.allSatisfy { !$0.holds(value.prefix(24)) }) }
        }
        #expect(try Self.values(store, batch, kept) == others)
        #expect(try Self.values(store, batch, gone).allSatisfy { $0.allSatisfy { $0 == 0 } })
        #expect(try await Self.ledger(store, batch) == ledger)
        #expect(try await store.statuses(batch) == statuses)
        #expect(try await store.batch(batch.id) == ended)
        for view in try await store.views(batch, gone) {
            #expect(view.forgottenAt == Self.instant && view.reusedFrom == nil)
            #expect(try view.payload().id.isEmpty && view.payload().rawRow.isEmpty)
            #expect(try view.answer == nil && view.errorText == nil)
        }
        for view in try await store.views(batch, kept) { #expect(try view.forgottenAt == nil && !view.id.isEmpty) }
        #expect(try await store.forgottenRecords(of: batch.id).map(\.record.line) == gone)
        // Done again it changes nothing.
        #expect(try await Self.forget([2], of: batch, in: store) == [2])
        #expect(try await store.actions().map(\.name) == [.forget, .forget])
        try await store.close()
        withExtendedLifetime(folder) {}
    }

    @Test func linesThatFollowOneAreForgottenWithIt() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let rows = (2...5).map { SampleRow($0, request: $0 < 5 ? "same" : "other") }
        let batch = try await store.linkedBatch(rows)
        _ = try await store.run(batch) { $0.succeeded }
        #expect(try await Self.forget([2], of: batch, in: store) == [2, 3, 4])
        #expect(try await store.statuses(batch) == [.succeeded, .reused, .reused, .succeeded])
        #expect(try await store.view(batch, 4).forgottenAt != nil)
        try await store.close()
        withExtendedLifetime(folder) {}
    }

    @Test func whatWaitsIsCancelledAndNeverSent() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let rows = (2...7).map { SampleRow($0, request: [3, 4].contains($0) ? "same" : "request \($0)") }
        let batch = try await store.linkedBatch(rows)
        let claimed = try await store.claim(batch, 1)
        _ = try await store.finish([try #require(claimed.records.first).transient(until: 5_000)])
        #expect(try await Self.forget([2, 3, 6], of: batch, in: store) == [2, 3, 4, 6])
        let counts = try await store.batch(batch.id).counts
        #expect((counts.queued, counts.cancelled, counts.following) == (2, 4, 0))
        #expect(try await store.run(batch) { $0.succeeded } == [5, 7])
        #expect(try await store.claim(batch, 10, now: 9_000).records.isEmpty)
        try await store.setState(batch.id, to: .completed, reason: nil)
        // Nothing is left of it that could be sent.
        #expect(try await store.requeue(batch.id, RequeueSelection(statuses: [.cancelled])) == 0)
        try await store.close()
        withExtendedLifetime(folder) {}
    }

    @Test func whatIsUnderWayOrInDoubtIsKept() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        let claimed = try await store.claim(batch, 2).records
        _ = try await store.finish([claimed[0].inDoubt])
        #expect(try await Self.forget([2, 3, 4], of: batch, in: store) == [4])
        #expect(try await store.statuses(batch) == [.inDoubt, .inFlight, .cancelled])
        #expect(try await store.view(batch, 2).id == Array("id-2".utf8))
        _ = try await store.finish([claimed[1].succeeded])
        #expect(try await Self.forget([3], of: batch, in: store) == [3])
        #expect(try await store.requeue(batch.id, RequeueSelection(statuses: [.inDoubt])) == 1)
        try await store.close()
        withExtendedLifetime(folder) {}
    }

    @Test func anErasedAnswerServesNoIdenticalRecord() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let first = try await store.runningBatch([SampleRow(2, request: "same")])
        _ = try await store.run(first) { $0.succeeded }
        try await store.learnAnswers()
        #expect(try await Self.forget([2], of: first, in: store) == [2])
        try await store.learnAnswers()
        let caps = CallCaps(answeredSince: 0, day: RecordStore.day)
        let second = try await store.runningBatch([SampleRow(2, request: "same")], content: 2)
        #expect(try await store.claim(second.id, upTo: 1, now: 1_000, caps: caps).records.count == 1)
        try await store.close()
        withExtendedLifetime(folder) {}
    }

    @Test func batchesAreRememberedUntilTheirFilesAreDone() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 600)
        #expect(try await Self.forget(Array(2...601), of: batch, in: store).count == 600)
        #expect(try await store.batchesWithForgottenInFiles() == [batch.id])
        let records = try await store.forgottenRecords(of: batch.id)
        try await store.markForgottenInFiles(Array(records.dropLast()))
        #expect(try await store.batchesWithForgottenInFiles() == [batch.id])
        try await store.markForgottenInFiles(records)
        #expect(try await store.batchesWithForgottenInFiles().isEmpty)
        // A line without a record, of a file that was refused as a whole.
        try await store.forgetLines([RecordID(batch: batch.id, line: 9_000)], at: 5)
        #expect(try await store.batchesWithForgottenInFiles() == [batch.id])
        #expect(try await store.forgottenRecords(of: batch.id).last?.forgottenAt == 5)
        try await store.close()
        withExtendedLifetime(folder) {}
    }
}
