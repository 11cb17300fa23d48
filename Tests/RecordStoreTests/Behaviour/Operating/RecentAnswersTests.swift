import Testing

@testable import RecordStore

@Suite(.everyEngine) struct RecentAnswersTests {
    private static func reference(_ number: Int) -> AnswerReference { AnswerReference("ref-\(number)") }

    @Test func anAnswerThatCameIsKnownUntilSoManyOthersCame() {
        var answers = RecentAnswers(capacity: 3)
        let first = (1...4).map { answers.insert(Self.reference($0)) }
        #expect(first == [true, true, true, true])
        let again = [2, 3, 4, 1, 2].map { answers.insert(Self.reference($0)) }
        // The first had made room for the fourth; now it takes the second's place.
        #expect(again == [false, false, false, true, true])
    }

    @Test func whatAnEarlierProcessRemembersIsCutToTheLatest() {
        var answers = RecentAnswers((1...10).map(Self.reference), capacity: 3)
        let known = (1...10).map { !answers.insert(Self.reference($0)) }
        #expect(known.prefix(7).allSatisfy { !$0 })
        var latest = RecentAnswers((1...10).map(Self.reference), capacity: 3)
        let isKnown = (8...10).map { !latest.insert(Self.reference($0)) }
        #expect(isKnown == [true, true, true])
    }

    @Test func aMillionIdentifiersAreToldApartAndTheWayNeverChanges() {
        #expect(Set((0..<1_000_000).map(Self.reference)).count == 1_000_000)
        // Stored since the first version that remembers answers.
        #expect(AnswerReference("").rawValue == 0xF52A_15E9_A9B5_E89B)
        #expect(AnswerReference("5a6f1f3c-5d0b-4b69-9a54-0f6c9d2e7a11").rawValue == 0x214A_71E1_20D5_079C)
    }

    @Test func whatIsStoredIsReadBack() {
        let references = (0..<5).map(Self.reference)
        var bytes: [UInt8] = []
        for reference in references { reference.append(to: &bytes) }
        #expect(bytes.count == 40)
        #expect(AnswerReference.all(in: bytes) == references)
        #expect(AnswerReference.all(in: Array(bytes.dropLast())) == references.dropLast())
    }

    @Test func answersThatWereTakenAreRememberedOverARestartInTheirOrder() async throws {
        let folder = try StoreFolder()
        var store = try await folder.open()
        let batch = try await store.runningBatch(count: 4)
        let records = try await store.claim(batch).records
        _ = try await store.finish([records[0].succeeded, records[1].rejected])
        _ = try await store.finish([records[2].unreadable("cipher")])
        _ = try await store.finish([records[3].succeeded])
        let expected = [records[0], records[3]].map { AnswerReference("r-\($0.id.line)") }
        #expect(try await store.recentAnswers() == expected)
        let read = RecoveredAnswer(record: records[2].id, answer: [1], requestRefID: "r-9")
        #expect(try await store.accept([read]) == 1)
        try await store.close()

        store = try await folder.open()
        #expect(try await store.recentAnswers() == expected + [AnswerReference("r-9")])
        try await store.close()
    }
}
