import Basics
import Foundation
import GRDB
import Testing

@testable import RecordStore

/// The first page of each table and index, written over in turn: whatever is read then is right, or an error that says
/// that the database is damaged.
@Suite struct CorruptedPagesTests {
    /// What a person or a runner asks of a store, and what came of it: the same text for the same state.
    private static let questions: [(name: String, ask: @Sendable (RecordStore, Batch) async throws -> String)] = [
        ("batches", { store, _ in "\(try await store.batches().map(\.counts))" }),
        ("statuses", { store, batch in "\(try await store.statuses(batch))" }),
        (
            "ledger",
            { store, batch in
                var attempts: [String] = []
                try await store.forEachAttempt(batch.id) {
                    attempts.append("\($0.id) \(String(describing: $0.outcome))")
                }
                return "\(attempts)"
            }
        ),
        ("answers", { store, batch in "\(try await store.answers(batch.id))" }),
        ("calls", { store, _ in "\(try await store.calls(on: RecordStore.day))" }),
        ("actions", { store, _ in "\(try await store.actions().map(\.name))" }),
    ]

    /// A database with a batch of which some lines are answered, one is refused and some are queued.
    private static func filled() async throws -> (folder: StoreFolder, batch: Batch, roots: [(name: String, page: Int)])
    {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 6)
        let claimed = try await store.claim(batch, 3).records
        _ = try await store.finish([claimed[0].succeeded, claimed[1].succeeded, claimed[2].rejected])
        try await store.recordAction(.sample(.pause, of: batch.id))
        let roots = try store.readWaiting { connection in
            let from = "FROM sqlite_master WHERE rootpage > 0 ORDER BY rootpage"
            let names = try String.fetchAll(connection, sql: "SELECT name \(from)")
            let pages = try Int.fetchAll(connection, sql: "SELECT rootpage \(from)")
            return zip(names, pages).map { (name: $0, page: $1) }
        }
        try await store.close()
        return (folder, batch, roots)
    }

    @Test("A damaged page of any table is told, and nothing wrong is said beside it")
    func everyPage() async throws {
        let (folder, batch, roots) = try await Self.filled()
        #expect(roots.count > 20)
        let sound = try Data(contentsOf: URL(filePath: folder.database))
        let right = try await Self.answers(folder, batch)
        #expect(right.allSatisfy { $0.value != nil })
        var noticed = 0
        for root in roots {
            try sound.write(to: URL(filePath: folder.database))
            try StoreFailureTests.damage(page: root.page, of: folder.database)
            for (question, answer) in try await Self.answers(folder, batch) {
                if answer == nil { noticed += 1 }
                #expect(answer == nil || answer == right[question], "\(question), with \(root.name) damaged")
            }
        }
        #expect(noticed > 0)
    }

    @Test("The database's check of itself finds a damaged page, and nothing where there is none")
    func check() async throws {
        let (folder, _, roots) = try await Self.filled()
        let sound = try await folder.openForReading()
        #expect(try await sound.isSound())
        try await sound.close()
        let table = try #require(roots.first { $0.name == "results" })
        try StoreFailureTests.damage(page: table.page, of: folder.database)
        let damaged = try await folder.openForReading()
        let isSound = try? await damaged.isSound()
        #expect(isSound != true)
        try await damaged.close()
    }

    /// What each question is answered; nil where the answer is that the database is damaged.
    private static func answers(_ folder: StoreFolder, _ batch: Batch) async throws -> [String: String?] {
        var answers: [String: String?] = [:]
        let reader: RecordStore
        do {
            reader = try await folder.openForReading()
        } catch let error as StoreError {
            #expect(error.code == .damaged, "\(error)")
            return [:]
        }
        for (name, ask) in questions {
            do {
                answers[name] = .some(try await ask(reader, batch))
            } catch let error as StoreError {
                #expect(error.code == .damaged, "\(name): \(error)")
                answers[name] = .some(nil)
            }
        }
        try await reader.close()
        return answers
    }
}
