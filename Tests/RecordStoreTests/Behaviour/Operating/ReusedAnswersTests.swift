import Basics
import Foundation
import TestSupport
import Testing

@testable import RecordStore

@Suite(.everyEngine) struct ReusedAnswersTests {
    private static let reusing = CallCaps(answeredSince: 0, day: RecordStore.day)

    /// A batch that was answered at 1,200, and a finished one that reuses all its answers but one; more than one step
    /// erases.
    private static func batches(_ store: RecordStore, count: Int) async throws -> (source: Batch, reusing: Batch) {
        let rows = (2...count).map { SampleRow($0, request: "request \($0)") }
        let source = try await store.runningBatch(rows)
        _ = try await store.run(source) { $0.succeeded }
        try await store.setState(source.id, to: .completed, reason: nil)
        try await store.learnAnswers()
        let reusing = try await store.runningBatch(rows + [SampleRow(count + 1, request: "new")], content: 2)
        var called: [Int] = []
        var isOver = false
        while !isOver {
            let claim = try await store.claim(reusing.id, upTo: 10, now: 1_000, caps: Self.reusing)
            called += claim.records.map(\.id.line)
            _ = try await store.finish(claim.records.map(\.succeeded))
            isOver = claim.exhausted
        }
        #expect(called == [count + 1])
        try await store.setState(reusing.id, to: .completed, reason: nil)
        return (source, try await store.batch(reusing.id))
    }

    private static func erase(_ batch: Batch, before instant: WallTime, _ store: RecordStore) async throws -> Int {
        try await store.eraseReusedAnswers(of: batch.id, answeredBefore: instant)
    }

    @Test(
        "Those that were answered before the time are erased, wherever they lie, and nothing else", arguments: [0, 300])
    func erased(archived: Int) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let (source, reusing) = try await Self.batches(store, count: 600)
        if archived > 0 { _ = try await store.archive(finishedBefore: .distantFuture, upTo: archived + 599) }
        #expect(try await Self.erase(reusing, before: 1_200, store) == 0)
        #expect(try await store.view(reusing, 2).answer == Array("answer-2".utf8))
        #expect(try await Self.erase(reusing, before: 1_201, store) == 599)
        for line in [2, 251, 252, 600] {
            let view = try await store.view(reusing, line)
            #expect(try view.status == .reused && view.answer == nil)
            #expect(view.completedAt == 1_200 && view.correlationID == "c-\(line)")
            #expect(try view.payload().rawRow == Array("row-\(line)".utf8))
            #expect(try await store.view(source, line).answer == Array("answer-\(line)".utf8))
        }
        #expect(try await store.view(reusing, 601).answer == Array("answer-601".utf8))
        #expect(try await Self.erase(reusing, before: 1_201, store) == 0)
        #expect(try await Self.erase(source, before: .distantFuture, store) == 0)
        try await store.close()
    }

    @Test("An erased answer stands in for no call, and one that was cut short is completed by the next call")
    func resumed() async throws {
        let folder = try StoreFolder()
        var store = try await folder.open()
        let (source, reusing) = try await Self.batches(store, count: 4)
        try await store.write { connection in
            try connection.database.execute(
                sql: "UPDATE results SET answer = NULL, detail = NULL WHERE record_id = ?",
                arguments: [RecordID(batch: reusing.id, line: 3).rawValue])
        }
        try await store.close()
        store = try await folder.open()
        #expect(try await Self.erase(reusing, before: 1_201, store) == 2)
        try await store.markResultsWritten(source.id, finishedAt: store.batch(source.id).finishedAt)
        #expect(try await store.purge(source.id, .results, at: 9, noting: .sample(.purge, of: source.id)))
        let third = try await store.runningBatch([SampleRow(2, request: "request 2")], content: 3)
        #expect(try await store.run(third, caps: Self.reusing) { $0.succeeded } == [2])
        try await store.close()
    }
}
