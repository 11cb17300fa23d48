import Foundation
import Testing

@testable import RecordStore

@Suite struct BatchJournalTests {
    private static func entry(_ batch: Int64) -> BatchJournal.Entry {
        BatchJournal.Entry(batch: batch, source: [UInt8](repeating: UInt8(batch), count: 32))
    }

    @Test func itLivesBehindTheMarkAndBothKeepTheirPlace() throws {
        let folder = try StoreFolder()
        let storeID = [UInt8](repeating: 7, count: 16)
        let mark = try LedgerHighWaterMark(database: folder.database, storeID: storeID)
        let journal = try BatchJournal(database: folder.database, isOwn: true)
        #expect(try journal.entries().isEmpty)
        try journal.append([Self.entry(1)])
        try mark.advance(to: 5)
        try journal.append([Self.entry(2), Self.entry(3)])
        try mark.advance(to: 6)
        #expect(try LedgerHighWaterMark.find(ofDatabase: folder.database, storeID: storeID) == .own(6))
        #expect(try journal.entries() == [Self.entry(1), Self.entry(2), Self.entry(3)])
        #expect(try BatchJournal.entries(ofDatabase: folder.database) == journal.entries())
        #expect(try LedgerHighWaterMark.owner(ofDatabase: folder.database) == storeID)
    }

    @Test(arguments: [1, 8, 39])
    func anEntryTornByAPowerCutIsNoneAndIsWrittenOver(_ kept: Int) throws {
        let folder = try StoreFolder()
        let journal = try BatchJournal(database: folder.database, isOwn: true)
        try journal.append([Self.entry(1), Self.entry(2)])
        let file = try PrivateFile.open(folder.database + ".mark")
        try file.truncate(to: 64 + 40 + kept)
        #expect(try journal.entries() == [Self.entry(1)])
        try journal.append([Self.entry(3)])
        #expect(try journal.entries() == [Self.entry(1), Self.entry(3)])
    }

    @Test func whatLiesBehindAnotherDatabasesMarkGoes() throws {
        let folder = try StoreFolder()
        try BatchJournal(database: folder.database, isOwn: true).append([Self.entry(1)])
        #expect(try BatchJournal(database: folder.database, isOwn: false).entries().isEmpty)
    }

    @Test func aBatchIsNamedOnceBeforeItsFirstClaim() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        let source = try BatchJournal.source(job: batch.job, contentDigest: batch.contentDigest)
        #expect(try BatchJournal.entries(ofDatabase: folder.database).isEmpty)
        _ = try await store.finish(try await store.claim(batch, 1).records.map(\.succeeded))
        try await store.close()
        let again = try await folder.open()
        _ = try await again.claim(batch, 1)
        let entry = BatchJournal.Entry(batch: batch.id.rawValue, source: source)
        #expect(try BatchJournal.entries(ofDatabase: folder.database) == [entry])
        try await again.close()
    }

    @Test func batchesOfTheTimeBeforeItAreAdded() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        _ = try await store.claim(batch, 1)
        _ = try await store.runningBatch(count: 1, content: 2)
        try await store.close()
        try PrivateFile.open(folder.database + ".mark").truncate(to: 47)
        try await folder.open().close()
        #expect(try BatchJournal.entries(ofDatabase: folder.database).map(\.batch) == [batch.id.rawValue])
    }
}
