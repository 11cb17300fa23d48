import Basics
import Foundation
import GRDB
import Migrations
import Testing

@testable import RecordStore

@Suite struct MigratingTests {
    private let next = Migrations.all.adding("note", sql: "ALTER TABLE batches ADD COLUMN note TEXT")

    private func openNext(_ folder: StoreFolder) throws -> RecordStore {
        try RecordStore.openForRunning(
            path: folder.database, sealingKeyPath: folder.sealingKey, keysFolder: folder.path,
            endpoint: StoreFolder.endpoint,
            provenance: StoreFolder.provenance, migrations: next)
    }

    @Test func anOlderDatabaseIsCopiedAndThenMigrated() async throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let batch = try await store.runningBatch(count: 3)
        try store.close()
        let migrated = try openNext(folder)
        #expect(try migrated.statuses(batch) == [.queued, .queued, .queued])
        #expect(try await migrated.claim(batch).records.count == 3)
        try migrated.close()

        let copy = folder.database + ".v\(Migrations.all.version).bak"
        #expect(try folder.permissions(copy) == 0o600)
        let kept = try RecordStore.openForReading(
            path: copy, sealingKeyPath: folder.sealingKey, endpoint: StoreFolder.endpoint)
        #expect(try kept.statuses(batch) == [.queued, .queued, .queued])
        try kept.close()
    }

    @Test func anotherVersionIsRefusedNamingBoth() throws {
        let folder = try StoreFolder()
        try openNext(folder).close()
        for open in [{ try folder.open() }, { try folder.openForReading() }] {
            let error = #expect(throws: StoreError.self) { try open() }
            #expect(error?.code == .schemaVersion)
            #expect(error?.message.contains("version \(next.version)") == true)
            #expect(error?.message.contains("has \(Migrations.all.version)") == true)
        }
    }

    @Test func aReaderNeverMigrates() throws {
        let folder = try StoreFolder()
        try folder.open().close()
        let pool = try DatabasePool(path: folder.database)
        try pool.write { try $0.execute(sql: "DELETE FROM grdb_migrations") }
        try pool.close()
        let error = #expect(throws: StoreError.self) { try folder.openForReading() }
        #expect(error?.code == .schemaVersion)
    }

    @Test func anotherEndpointChangesNothing() throws {
        let folder = try StoreFolder()
        try folder.open().close()
        #expect(throws: StoreError.self) {
            try RecordStore.openForRunning(
                path: folder.database, sealingKeyPath: folder.sealingKey, keysFolder: folder.path,
                endpoint: "https://elsewhere",
                provenance: StoreFolder.provenance, migrations: next)
        }
        try folder.open().close()
    }
}
