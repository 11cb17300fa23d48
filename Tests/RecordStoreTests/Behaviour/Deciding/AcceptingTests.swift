import Testing

@testable import RecordStore

@Suite(.everyEngine) struct AcceptingTests {
    @Test func anAnswerThatCanBeReadNowEndsTheDoubtWithoutACall() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2)
        let records = try await store.claim(batch).records
        let unread = records[0].completion(.inDoubt, httpStatus: 200, billable: .yes, answer: "cipher")
        _ = try await store.finish([unread, records[1].succeeded])
        #expect(try await store.record(records[0].id)?.answer == Array("cipher".utf8))
        let read = records.map {
            RecoveredAnswer(record: $0.id, answer: Array("clear".utf8), requestRefID: "r-9", hasWarnings: true)
        }
        #expect(try await store.accept(read) == 1)
        #expect(try await store.accept(read) == 0)
        let view = try #require(try await store.record(records[0].id))
        #expect(view.status == .succeeded && view.requestRefID == "r-9" && view.hasWarnings && view.httpStatus == 200)
        #expect(try view.answer == Array("clear".utf8))
        #expect(try await store.record(records[1].id)?.requestRefID == "r-3")
        let counts = try await store.progress(batch.id)
        #expect(counts.succeeded == 2 && counts.inDoubt == 0 && counts.attempts == 2)
        try await store.close()
    }
}
