import Basics
import Foundation
import GRDB
import Migrations
import TestSupport
import Testing

@testable import RecordStore

@Suite struct RestoreTests {
    private static func expectRefusal(
        _ folder: StoreFolder, from source: String? = nil, _ code: StoreError.Code,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        // What SQLite keeps beside a database that was open comes and goes.
        let lasting = { try folder.files().filter { !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") } }
        let before = try lasting()
        let error = await #expect(throws: StoreError.self, sourceLocation: location) {
            try await folder.restore(from: source)
        }
        #expect(error?.code == code, "\(error?.message ?? "")", sourceLocation: location)
        let after = try lasting()
        #expect(after == before, sourceLocation: location)
    }

    /// A batch of 9 of which 2 were answered before the copy and 3 after it.
    private static func copyThenRun(_ folder: StoreFolder) async throws -> Batch {
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 9)
        _ = try await store.finish(try await store.claim(batch, 2).records.map(\.succeeded))
        try await store.backUp(to: folder.copy)
        _ = try await store.finish(try await store.claim(batch, 3).records.map(\.succeeded))
        try await store.close()
        return batch
    }

    @Test func whatWasSentSinceTheCopyStartsInDoubtAndPaused() async throws {
        let folder = try StoreFolder()
        let batch = try await Self.copyThenRun(folder)
        let report = try await folder.restore()
        #expect(report.lostAttempts == 3 && report.openAttempts == 0 && report.unknownBatches == 0)
        #expect(report.pausedBatches == [batch.name] && report.doubtedRecords == 3 && report.callsAtRisk == 3)
        #expect(report.schemaVersion == Migrations.all.version)
        #expect(try folder.permissions(folder.database) == 0o600)

        let store = try await folder.open()
        #expect(store.recovery.lostAttempts == 3 && store.recovery.doubtedRecords == 3)
        #expect(
            try await store.statuses(batch)
                == [.succeeded, .succeeded, .inDoubt, .inDoubt, .inDoubt, .queued, .queued, .queued, .queued])
        #expect(try await store.batch(batch.id).state == .paused)
        try await store.setState(batch.id, to: .running, reason: nil)
        let claim = try await store.claim(batch, 1)
        #expect(claim.records.map(\.id.line) == [7] && claim.records.map(\.attempt.rawValue) == [6])
        try await store.close()
    }

    @Test func theDatabaseThatWasThereCanBePutBack() async throws {
        let folder = try StoreFolder()
        let batch = try await Self.copyThenRun(folder)
        let aside = folder.database + ".before-restore-1"
        #expect(try await folder.restore().setAside == aside)
        #expect(try folder.permissions(aside) == 0o600)
        let report = try await folder.restore(from: aside)
        #expect(report.lostAttempts == 0 && report.setAside == folder.database + ".before-restore-2")
        #expect(report.pausedBatches.isEmpty && report.doubtedRecords == 0)
        let store = try await folder.open()
        #expect(store.recovery == RecoveryReport())
        #expect(try await store.progress(batch.id).succeeded == 5)
        try await store.close()
    }

    @Test func callsUnderWayWhenTheCopyWasMadeEndInDoubt() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 4)
        let records = try await store.claim(batch, 2).records
        try await store.backUp(to: folder.copy)
        _ = try await store.finish(records.map(\.succeeded))
        try await store.close()
        let report = try await folder.restore()
        #expect(report.openAttempts == 2 && report.lostAttempts == 0 && report.callsAtRisk == 2)
        let again = try await folder.open()
        #expect(try await again.statuses(batch) == [.inDoubt, .inDoubt, .queued, .queued])
        try await again.close()
    }

    @Test func aFileTakenInAfterTheCopyIsNotPaidTwice() async throws {
        let folder = try StoreFolder()
        let first = try await folder.open()
        _ = try await first.runningBatch(count: 1, content: 1)
        try await first.backUp(to: folder.copy)
        let later = try await first.runningBatch(count: 5, content: 2)
        _ = try await first.finish(try await first.claim(later, 3).records.map(\.succeeded))
        let unclaimed = try await first.runningBatch(count: 1, content: 3)
        try await first.close()
        let report = try await folder.restore()
        #expect(report.unknownBatches == 1 && report.lostAttempts == 3)

        let second = try await folder.open()
        #expect(second.recovery.unknownBatches == 1)
        let again = try await second.runningBatch(count: 5, content: 2)
        #expect(again.id.rawValue == later.id.rawValue + 1)
        #expect(try await second.statuses(again) == [.inDoubt, .inDoubt, .inDoubt, .queued, .queued])
        #expect(try await second.claim(again).records.map(\.id.line) == [5, 6])
        let action = try #require(try await second.actions(of: again.id).first)
        #expect(action.name == .doubtUnknown && action.detail?.contains("batch \(later.id)") == true)
        // No call was made of this one, so it begins as any new file.
        let fresh = try await second.runningBatch(count: 1, content: 3)
        #expect(try await second.statuses(fresh) == [.queued])
        #expect(unclaimed.id.rawValue == 3)
        try await second.close()
        // Nothing is unknown any more to the database as it is now.
        let third = try await folder.open()
        #expect(third.recovery.unknownBatches == 0)
        try await third.close()
    }

    /// A batch of 4, of which some were answered before the copy; then the database's files are lost, and maybe the trace.
    private static func loseAll(_ folder: StoreFolder, answered: Int, trace: Bool) async throws -> Batch {
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 4)
        if answered > 0 {
            _ = try await store.finish(try await store.claim(batch, answered).records.map(\.succeeded))
        }
        try await store.backUp(to: folder.copy)
        try await store.close()
        let names = try folder.files().filter { $0.hasPrefix("rollcall.sqlite") } + (trace ? ["ledger.trace"] : [])
        for name in names { try FileManager.default.removeItem(atPath: folder.path + "/" + name) }
        return batch
    }

    @Test(arguments: [0, 2]) func whereMarkAndTraceAreLostNobodyKnowsWhatWasSent(answered: Int) async throws {
        let folder = try StoreFolder()
        let batch = try await Self.loseAll(folder, answered: answered, trace: true)
        let report = try await folder.restore()
        #expect(report.lostAttempts == nil && report.unknownBatches == nil && report.setAside == nil)
        #expect(report.unknownBecause == "ledger.trace is missing from keys_folder")
        #expect(report.pausedBatches == [batch.name] && report.doubtedRecords == 4 - answered)
        let second = try await folder.open()
        #expect(second.recovery.doubtedRecords == 4 - answered)
        #expect(second.recovery.unknownBecause == report.unknownBecause && second.recovery.lostAttempts == 0)
        #expect(try await second.batch(batch.id).state == .paused)
        try await second.close()
        let third = try await folder.open()
        #expect(third.recovery == RecoveryReport())
        try await third.close()
    }

    @Test func whereTheMarkAloneIsLostTheTraceKnows() async throws {
        let folder = try StoreFolder()
        let batch = try await Self.loseAll(folder, answered: 2, trace: false)
        let report = try await folder.restore()
        #expect(report.lostAttempts == 0 && report.unknownBecause == nil && report.pausedBatches.isEmpty)
        let store = try await folder.open()
        #expect(store.recovery == RecoveryReport())
        #expect(try await store.statuses(batch) == [.succeeded, .succeeded, .queued, .queued])
        try await store.close()
    }

    @Test func theTraceNamesFilesThatTheMarkWouldHave() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        try await store.backUp(to: folder.copy)
        let lost = try await store.runningBatch(count: 3)
        _ = try await store.finish(try await store.claim(lost, 2).records.map(\.succeeded))
        try await store.close()
        for name in try folder.files() where name.hasPrefix("rollcall.sqlite") {
            try FileManager.default.removeItem(atPath: folder.path + "/" + name)
        }
        let report = try await folder.restore()
        #expect(report.lostAttempts == 2 && report.unknownBatches == 1)
        let again = try await folder.open()
        let batch = try await again.runningBatch(count: 3)
        #expect(try await again.statuses(batch) == [.inDoubt, .inDoubt, .queued])
        // The mark knows of it, too, from now on.
        #expect(try BatchJournal.entries(ofDatabase: folder.database).map(\.batch) == [lost.id.rawValue])
        try await again.close()
    }

    @Test func aDatabaseInUseIsNotReplaced() async throws {
        let folder = try StoreFolder()
        _ = try await Self.copyThenRun(folder)
        let runner = try await folder.open()
        try await Self.expectRefusal(folder, .locked)
        try await runner.close()
        let reader = try await folder.openForReading()
        _ = try await reader.batches()
        let error = await #expect(throws: StoreError.self) { try await folder.restore() }
        #expect(error?.code == .locked)
        #expect(try await reader.batches().count == 1)
        try await reader.close()
        _ = try await folder.restore()
    }

    @Test func aDamagedDatabaseIsReplacedWithWhatLiesBesideIt() async throws {
        let folder = try StoreFolder()
        let batch = try await Self.copyThenRun(folder)
        try Data("no database at all".utf8).write(to: URL(fileURLWithPath: folder.database))
        try Data("a stale log".utf8).write(to: URL(fileURLWithPath: folder.database + "-wal"))
        let report = try await folder.restore()
        #expect(report.lostAttempts == 3)
        let aside = try #require(report.setAside)
        #expect(try Data(contentsOf: URL(fileURLWithPath: aside)) == Data("no database at all".utf8))
        let store = try await folder.open()
        #expect(try await store.progress(batch.id).inDoubt == 3)
        try await store.close()
    }

    @Test func aCopyThatCannotServeIsRefusedAndNothingChanges() async throws {
        let folder = try StoreFolder()
        _ = try await Self.copyThenRun(folder)
        try await Self.expectRefusal(folder, from: folder.path + "/nowhere.sqlite", .noDatabase)
        try await Self.expectRefusal(folder, from: folder.sealingKey, .damaged)
        let halved = folder.path + "/halved.sqlite"
        let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.copy))
        try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: halved))
        try await Self.expectRefusal(folder, from: halved, .damaged)
        let foreign = folder.path + "/foreign.sqlite"
        try await DatabaseQueue(path: foreign).write { try $0.execute(sql: "CREATE TABLE a (b)") }
        try await Self.expectRefusal(folder, from: foreign, .damaged)
        let newer = folder.path + "/newer.sqlite"
        try bytes.write(to: URL(fileURLWithPath: newer))
        let pool = try DatabaseQueue(path: newer)
        try Migrations.all.adding("later", sql: "CREATE TABLE later (id INTEGER) STRICT").apply(to: pool)
        try pool.close()
        try await Self.expectRefusal(folder, from: newer, .schemaVersion)
    }

    @Test func anotherDatabasesCopyKeyOrEndpointIsRefused() async throws {
        let (folder, other) = (try StoreFolder(), try StoreFolder())
        _ = try await Self.copyThenRun(folder)
        try FileManager.default.copyItem(atPath: folder.sealingKey, toPath: other.sealingKey)
        let store = try await other.open()
        try await store.backUp(to: other.copy)
        try await store.close()
        try await Self.expectRefusal(folder, from: other.copy, .notAllowed)
        // By mark and trace, and by either alone, too, when the database is gone.
        try FileManager.default.removeItem(atPath: folder.database)
        try await Self.expectRefusal(folder, from: other.copy, .notAllowed)
        for file in [folder.mark, folder.trace] {
            try FileManager.default.moveItem(atPath: file, toPath: file + ".away")
            try await Self.expectRefusal(folder, from: other.copy, .notAllowed)
            try FileManager.default.moveItem(atPath: file + ".away", toPath: file)
        }
        _ = try await folder.restore()
        let endpoint = await #expect(throws: StoreError.self) {
            try await folder.restore(endpoint: "https://elsewhere")
        }
        #expect(endpoint?.code == .wrongEndpoint)
        try FileManager.default.removeItem(atPath: folder.sealingKey)
        _ = try SealingKey.create(path: folder.sealingKey)
        try await Self.expectRefusal(folder, .sealingKey)
    }

    @Test func anOlderCopyIsMigratedByTheNextRun() async throws {
        let folder = try StoreFolder()
        let pool = try DatabasePool(path: folder.copy)
        try Migrations.all.upTo(1).apply(to: pool)
        let key = try SealingKey.create(path: folder.sealingKey)
        try await pool.write { try OldDatabase.insertIdentity(into: $0, sealedBy: key) }
        try pool.close()
        #expect(try await folder.restore().schemaVersion == 1)
        let store = try await folder.open()
        #expect(try await store.batches().isEmpty)
        try await store.close()
    }

    @Test func whatARestoreFindsLostCountsAsPerhapsBilledToday() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 9)
        _ = try await store.finish(try await store.claim(batch, 2).records.map(\.succeeded))
        try await store.backUp(to: folder.copy)
        _ = try await store.finish(try await store.claim(batch, 3).records.map(\.succeeded))
        try await store.close()
        _ = try await folder.restore()
        let restored = try await folder.open()
        let all = CallDay(rawValue: 19_700_101)...CallDay(rawValue: 99_991_231)
        let lost = try #require(try await restored.ledgerDays(all).last { $0.batch == nil })
        #expect(lost.name == "lost by a restore")
        #expect(lost.totals.calls == 3 && lost.totals.unknown == 3 && lost.totals.chargedAtMost == 3)
        #expect(try await restored.calls(on: lost.day) == (3, 0))
        try await restored.close()
        // Once only: the next start finds nothing lost.
        let again = try await folder.open()
        #expect(try await again.calls(on: lost.day) == (3, 0))
        try await again.close()
    }
}
