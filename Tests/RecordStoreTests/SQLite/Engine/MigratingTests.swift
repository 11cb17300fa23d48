import Basics
import Foundation
import GRDB
import Migrations
import Testing

@testable import RecordStore

@Suite struct MigratingTests {
    private let next = Migrations.all.adding("note", sql: "ALTER TABLE batches ADD COLUMN note TEXT")

    private func openNext(_ folder: StoreFolder) throws -> RecordStore {
        try SQLiteOpening(folder.description(), path: folder.database).openForRunning(
            StoreFolder.provenance, migrations: next)
    }

    @Test func anOlderDatabaseIsCopiedAndThenMigrated() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        try await store.close()
        let migrated = try openNext(folder)
        #expect(try await migrated.statuses(batch) == [.queued, .queued, .queued])
        #expect(try await migrated.claim(batch).records.count == 3)
        try await migrated.close()

        let copy = folder.database + ".v\(Migrations.all.version).bak"
        #expect(try folder.permissions(copy) == 0o600)
        let kept = try await StoreDescription(
            engine: .sqlite(path: copy), sealingKey: folder.sealingKey, keysFolder: folder.path,
            endpoint: StoreFolder.endpoint
        ).openForReading()
        #expect(try await kept.statuses(batch) == [.queued, .queued, .queued])
        try await kept.close()
    }

    @Test func anotherVersionIsRefusedNamingBoth() async throws {
        let folder = try StoreFolder()
        try await openNext(folder).close()
        for open in [{ try await folder.open() }, { try await folder.openForReading() }] {
            let error = await #expect(throws: StoreError.self) { try await open() }
            #expect(error?.code == .schemaVersion)
            #expect(error?.message.contains("version \(next.version)") == true)
            #expect(error?.message.contains("has \(Migrations.all.version)") == true)
        }
    }

    @Test func aReaderNeverMigrates() async throws {
        let folder = try StoreFolder()
        try await folder.open().close()
        let pool = try DatabasePool(path: folder.database)
        try await pool.write { try $0.execute(sql: "DELETE FROM grdb_migrations WHERE identifier > 'v0002'") }
        try pool.close()
        let error = await #expect(throws: StoreError.self) { try await folder.openForReading() }
        #expect(error?.code == .schemaVersion)
    }

    @Test func anEmptyFileIsNamedAsThat() async throws {
        let folder = try StoreFolder()
        try await folder.open().close()
        try Data().write(to: URL(filePath: folder.database))
        for suffix in ["-wal", "-shm"] where FileManager.default.fileExists(atPath: folder.database + suffix) {
            try FileManager.default.removeItem(atPath: folder.database + suffix)
        }
        let error = await #expect(throws: StoreError.self) { try await folder.openForReading() }
        #expect(error?.code == .damaged && error?.message.contains("The database is empty") == true)
    }

    @Test func aFolderInItsPlaceIsNamedAsThat() async throws {
        let folder = try StoreFolder()
        try await folder.open().close()
        try FileManager.default.removeItem(atPath: folder.database)
        try FileManager.default.createDirectory(atPath: folder.database, withIntermediateDirectories: false)
        let error = await #expect(throws: StoreError.self) { try await folder.openForReading() }
        #expect(error?.code == .noDatabase && error?.message.contains("is a folder") == true)
    }

    @Test func anotherEndpointChangesNothing() async throws {
        let folder = try StoreFolder()
        try await folder.open().close()
        #expect(throws: StoreError.self) {
            try SQLiteOpening(folder.description(endpoint: "https://elsewhere"), path: folder.database).openForRunning(
                StoreFolder.provenance, migrations: next)
        }
        try await folder.open().close()
    }
}
