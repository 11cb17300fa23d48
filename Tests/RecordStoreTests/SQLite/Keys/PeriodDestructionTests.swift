import Basics
import Foundation
import GRDB
import TestSupport
import Testing

@testable import RecordStore

/// A month's key is destroyed, and with it what it sealed, wherever that lies.
@Suite struct PeriodDestructionTests {
    private static let november = CalendarMonth(at: Noon.november)

    private struct Site {
        let folder: StoreFolder
        let store: RecordStore
        let november: Batch
        let december: Batch
    }

    /// A database with a completed batch of two months each, and a copy of it.
    private static func site() async throws -> Site {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let november = try await store.completedBatch(at: Noon.november, content: 1)
        let december = try await store.completedBatch(at: Noon.december, content: 2)
        try await store.backUp(to: folder.copy)
        return Site(folder: folder, store: store, november: november, december: december)
    }

    private static func expectDestroyed(_ site: Site, _ store: RecordStore) async throws {
        await #expect(throws: StoreError.self) { try await store.answers(site.november.id) }
        await #expect(throws: StoreError.self) { try await store.layout(of: site.november.id) }
        #expect(try await store.answers(site.december.id) == ["answer-2", "answer-3"])
        #expect(try await store.batch(site.november.id).counts.succeeded == 2)
        #expect(try site.folder.keys.periodKeys().map(\.month) == [CalendarMonth(at: Noon.december)])
        let states = try await store.read {
            try String.fetchAll($0, sql: "SELECT state FROM period_keys ORDER BY month")
        }
        #expect(states == ["destroyed", "live"])
    }

    @Test func nothingOfItOpensAnyMoreAndItsLedgerStays() async throws {
        let site = try await Self.site()
        let name = try #require(try site.folder.keys.periodKeys().first)
        let key = try Data(contentsOf: URL(filePath: site.folder.keys.file(of: name)))
        #expect(try await site.store.destroyPeriod(Self.november, at: Noon.december))
        try await Self.expectDestroyed(site, site.store)
        #expect(
            try await !site.store.destroyPeriod(CalendarMonth(at: Noon.november - 32 * 86_400_000), at: Noon.december))
        try await site.store.close()
        // Neither the key nor anything that opens it is left in any file, the copy, WAL and free pages among them.
        for file in try FileManager.default.subpathsOfDirectory(atPath: site.folder.path) {
            let content = FileManager.default.contents(atPath: site.folder.path + "/" + file) ?? Data()
            #expect(!content.holds(key.suffix(60)), "\(file)")
        }
    }

    @Test func ofACopyFromBeforeOnlyTheLedgerIsRestored() async throws {
        let site = try await Self.site()
        // The copy has the batch's wrapped key, which no key opens any more.
        let copy = SQLiteDatabase(pool: try DatabaseFile(path: site.folder.copy).openForReading())
        let wrapped = try #require(try copy.read { try WrappedDataKey.fetch($0, site.november.id) })
        try copy.close()
        _ = try wrapped.unwrap(with: site.store.keys)
        try await site.store.destroyPeriod(Self.november, at: Noon.december)
        let error = #expect(throws: StoreError.self) { _ = try wrapped.unwrap(with: site.store.keys) }
        #expect(error?.code == .purged)
        try await site.store.close()
        let report = try await site.folder.restore()
        #expect(report.destroyedMonths == ["2025-11"] && report.missingKeys.isEmpty)
        let store = try await site.folder.open()
        try await Self.expectDestroyed(site, store)
        try await store.close()
    }

    @Test func aKeyThatWasLostIsNamedAndNotTakenForDestroyed() async throws {
        let site = try await Self.site()
        try await site.store.close()
        let name = try #require(try site.folder.keys.periodKeys().first)
        let file = site.folder.keys.file(of: name)
        try FileManager.default.moveItem(atPath: file, toPath: file + ".away")
        let report = try await site.folder.restore()
        #expect(report.missingKeys == [name.stem] && report.destroyedMonths.isEmpty)
        let store = try await site.folder.open()
        let error = await #expect(throws: StoreError.self) { try await store.answers(site.november.id) }
        #expect(error?.code == .keysFolder && error?.message.contains(name.stem) == true)
        await #expect(throws: StoreError.self) { try await store.checkKeys() }
        #expect(try await store.answers(site.december.id) == ["answer-2", "answer-3"])
        try FileManager.default.moveItem(atPath: file + ".away", toPath: file)
        #expect(try await store.answers(site.november.id) == ["answer-2", "answer-3"])
        try await store.close()
    }

    @Test func interruptedAnywhereTheNextStartCompletesIt() async throws {
        let steps = try await Interruption.atEachStep { interruption in
            let site = try await Self.site()
            var kill: Interruption.Kill?
            do {
                _ = try await site.store.destroyPeriod(
                    Self.november, at: Noon.december, beforeStep: { try interruption.step() })
            } catch let error as Interruption.Kill {
                kill = error
            }
            try await site.store.close()
            let store = try await site.folder.open()
            // Before the first step nothing had begun.
            let isBegun = try await store.read {
                try Bool.fetchOne($0, sql: "SELECT state = 'destroyed' FROM period_keys ORDER BY month LIMIT 1")
            }
            if isBegun == true {
                try await Self.expectDestroyed(site, store)
            } else {
                #expect(try await store.answers(site.november.id) == ["answer-2", "answer-3"])
            }
            try await store.close()
            if let kill { throw kill }
        }
        #expect(steps == 4)
    }

    @Test func aMonthInUseIsRefused() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.completedBatch(at: Noon.november, content: 1)
        let current = await #expect(throws: StoreError.self) {
            try await store.destroyPeriod(Self.november, at: Noon.november + 1)
        }
        #expect(current?.code == .notAllowed)
        _ = try await store.createBatch(
            NewBatch(
                job: "j", fileName: "b.csv", contentDigest: [UInt8](repeating: 7, count: 32), format: .csv,
                layout: [], provenance: StoreFolder.provenance, createdAt: Noon.november))
        let unfinished = await #expect(throws: StoreError.self) {
            try await store.destroyPeriod(Self.november, at: Noon.january)
        }
        #expect(unfinished?.code == .notAllowed && unfinished?.message.contains("b-2") == true)
        #expect(try await store.answers(batch.id) == ["answer-2", "answer-3"])
        try await store.close()
    }

    @Test func aKeyThatIsCopiedBackIsDestroyedAgain() async throws {
        let site = try await Self.site()
        let name = try #require(try site.folder.keys.periodKeys().first)
        let file = site.folder.keys.file(of: name)
        let key = try Data(contentsOf: URL(filePath: file))
        try await site.store.destroyPeriod(Self.november, at: Noon.december)
        try await site.store.close()
        try key.write(to: URL(filePath: file))
        let store = try await site.folder.open()
        #expect(!FileManager.default.fileExists(atPath: file))
        try await Self.expectDestroyed(site, store)
        try await store.close()
    }

    @Test func nothingIsTakenInUnderADestroyedKey() async throws {
        let site = try await Self.site()
        let name = try #require(try site.folder.keys.periodKeys().first)
        let chunk = try await site.store.chunk(for: site.november.id)
        #expect(chunk.count == 0)
        try await site.store.destroyPeriod(Self.november, at: Noon.december)
        for check in [
            { @Sendable (connection: WriterConnection) in try connection.requireLive(name) },
            { @Sendable (connection: WriterConnection) in try connection.requireLiveKey(of: site.november.id) },
        ] {
            await #expect(throws: StoreError.self) { try await site.store.write { try check($0) } }
        }
        try await site.store.close()
    }
}
