import GRDB
import Testing

@testable import RecordStore

/// What is searched or kept does not grow without end.
@Suite struct BoundedTablesTests {
    private static func reference(_ number: Int) -> AnswerReference { AnswerReference("ref-\(number)") }

    @Test func invalidLinesAtTheEndAreNotSearchedForEver() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let rows = [SampleRow(2)] + (3...50).map { SampleRow($0, error: "rule") }
        let batch = try await store.runningBatch(rows)
        #expect(try await store.claim(batch, 2).records.count == 1)
        let cursor = try store.readWaiting { try Int64.fetchOne($0, sql: "SELECT cursor FROM batches") }
        #expect(cursor == batch.id.records.upperBound)
        try await store.close()
    }

    @Test func onlyTheLatestHundredThousandAreKept() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        for group in 0..<300 {
            try await store.write { connection in
                var bytes: [UInt8] = []
                for number in 0..<500 { Self.reference(group * 500 + number).append(to: &bytes) }
                try connection.remember(bytes)
            }
        }
        let kept = try await store.recentAnswers()
        #expect(kept.count == AnswerReference.remembered)
        #expect(kept.first == Self.reference(50_000) && kept.last == Self.reference(149_999))
        let rows = try store.readWaiting { try Int.fetchOne($0, sql: "SELECT count(*) FROM recent_answers") }
        #expect(try #require(rows) <= 203)
        try await store.close()
    }

    @Test func onlyTheLastThousandRequestsAreKept() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        for _ in 0..<3 { try await store.recordAction(Action.sample(.doctor, of: nil)) }
        try await store.write { connection in
            try connection.database.execute(sql: "UPDATE sqlite_sequence SET seq = 1001 WHERE name = 'runner_requests'")
        }
        try await store.recordAction(Action.sample(.doctor, of: nil))
        #expect(try await store.runnerRequests(after: 0).map(\.number) == [3, 1_002])
        try await store.close()
    }
}
