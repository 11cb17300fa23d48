import Basics
import Foundation
import GRDB
import Migrations
import TestSupport
import Testing

@testable import RecordStore

/// What an operator opens beside the process that runs the database.
@Suite struct BesideARunnerTests {
    @Test func itNeverClaimsOrFinishes() async throws {
        let folder = try StoreFolder()
        let stores = try await folder.pair()
        let batch = try await stores.runner.runningBatch(count: 2)
        let record = try #require(try await stores.runner.claim(batch, 1).records.first)
        let claim = await #expect(throws: StoreError.self) { try await stores.operating.claim(batch, 1) }
        #expect(claim?.code == .notAllowed)
        let finish = await #expect(throws: StoreError.self) { try await stores.operating.finish([record.succeeded]) }
        #expect(finish?.code == .notAllowed)
        // Not even by a way that passes the first door: nothing is committed that the mark does not know.
        let request = ClaimRequest(
            batch: batch.id, count: 1, now: 1, dueBy: 1, caps: RecordStore.uncapped,
            key: try await stores.operating.dataKey(of: batch.id), keys: stores.operating.keys)
        await #expect(throws: StoreError.self) { try await stores.operating.write { try $0.claim(request) } }
        #expect(try await stores.runner.statuses(batch) == [.inFlight, .queued])
        try await folder.close(stores)
    }

    @Test func itMakesNoDatabaseLockOrMark() async throws {
        let folder = try StoreFolder()
        let error = await #expect(throws: StoreError.self) { try await folder.openForOperating() }
        #expect(error?.code == .noDatabase)
        #expect(try folder.files().isEmpty)
        try await folder.open().close()
        for name in ["/rollcall.sqlite.lock", "/rollcall.sqlite.mark"] {
            try FileManager.default.removeItem(atPath: folder.path + name)
        }
        let before = try folder.files()
        try await folder.openForOperating().close()
        #expect(try folder.files() == before)
    }

    @Test func anotherEndpointKeyOrVersionIsRefused() async throws {
        let folder = try StoreFolder()
        try await folder.open().close()
        let endpoint = await #expect(throws: StoreError.self) {
            try await folder.openForOperating(endpoint: "https://elsewhere")
        }
        #expect(endpoint?.code == .wrongEndpoint)
        let other = folder.path + "/other.key"
        _ = try SealingKey.create(path: other)
        let key = await #expect(throws: StoreError.self) {
            try await StoreDescription(
                engine: .sqlite(path: folder.database), sealingKey: other, keysFolder: folder.path, endpoint: nil
            ).openForOperating()
        }
        #expect(key?.code == .sealingKey)
        let pool = try DatabasePool(path: folder.database)
        try Migrations.all.adding("later", sql: "CREATE TABLE later (id INTEGER) STRICT").apply(to: pool)
        try pool.close()
        let version = await #expect(throws: StoreError.self) { try await folder.openForOperating() }
        #expect(version?.code == .schemaVersion)
        #expect(version?.message.contains("version \(Migrations.all.version + 1)") == true)
        #expect(version?.message.contains("has \(Migrations.all.version)") == true)
    }

    @Test func aRestoredDatabaseIsLeftToTheRunnerFirst() async throws {
        let folder = try StoreFolder()
        let first = try await folder.open()
        let batch = try await first.runningBatch(count: 2)
        try await first.close()
        let copy = try Data(contentsOf: URL(fileURLWithPath: folder.database))
        let second = try await folder.open()
        _ = try await second.finish(try await second.claim(batch, 1).records.map(\.succeeded))
        try await second.close()
        try copy.write(to: URL(fileURLWithPath: folder.database))
        let error = await #expect(throws: StoreError.self) { try await folder.openForOperating() }
        #expect(error?.code == .notAllowed)
        try await folder.open().close()
        let operating = try await folder.openForOperating()
        #expect(try await operating.batch(batch.id).state == .paused)
        try await operating.close()
    }

    @Test func whoOnlyLooksDoesNotKeepARunnerFromStarting() async throws {
        let folder = try StoreFolder()
        try await folder.open().close()
        let description = folder.description()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<500 { _ = try await description.runnerProcess() }
                }
            }
            for _ in 0..<10 { try await folder.open().close() }
            try await group.waitForAll()
        }
    }

    @Test func leavingDoesNotTouchTheWALUnderTheRunner() async throws {
        let folder = try StoreFolder()
        let stores = try await folder.pair()
        let batch = try await stores.operating.runningBatch(count: 2)
        let before = try FileManager.default.attributesOfItem(atPath: folder.database + "-wal")[.size] as? Int
        try await stores.operating.close()
        let after = try FileManager.default.attributesOfItem(atPath: folder.database + "-wal")[.size] as? Int
        #expect(before == after && (after ?? 0) > 0)
        #expect(try await stores.runner.claim(batch).records.count == 2)
        try await stores.runner.close()
    }
}
