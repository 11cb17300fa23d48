import Basics
import Foundation
import TestSupport
import Testing

@testable import RecordStore

@Suite struct RecoveryTests {
    @Test func whatACrashLeftOpenIsInDoubt() async throws {
        let folder = try StoreFolder()
        let first = try await folder.open()
        let batch = try await first.runningBatch(count: 4)
        let records = try await first.claim(batch, 3).records
        _ = try await first.finish([records[0].succeeded])
        try await first.close()

        let second = try await folder.open()
        #expect(second.recovery.openAttempts == 2)
        #expect(second.recovery.lostAttempts == 0)
        #expect(try await second.statuses(batch) == [.succeeded, .inDoubt, .inDoubt, .queued])
        let counts = try await second.progress(batch.id)
        #expect(counts.inFlight == 0 && counts.inDoubt == 2 && counts.calls == 3 && counts.billingUnknown == 2)
        var causes: [String?] = []
        try await second.forEachAttempt(batch.id) { causes.append($0.cause) }
        #expect(causes == [nil, "crash", "crash"])
        #expect(try await second.batch(batch.id).state == .running)
        #expect(try await second.actions().map(\.name) == [.recoverCrash])
        #expect(try await second.finish([records[1].succeeded]) == 0)
        #expect(try await second.claim(batch).records.map(\.id.line) == [5])
        try await second.close()
    }

    @Test func anAnswerThatCouldNotBeReadOutlivesACrashInTheNextCall() async throws {
        let folder = try StoreFolder()
        let first = try await folder.open()
        let batch = try await first.runningBatch(count: 1)
        let again = try await first.claimAgainAfterUnreadableAnswer(batch)
        try await first.close()

        let second = try await folder.open()
        #expect(second.recovery.openAttempts == 1)
        let view = try #require(try await second.record(again.id))
        #expect(view.status == .inDoubt && view.httpStatus == 200)
        #expect(try view.answer == Array("unreadable".utf8))
        #expect(try view.errorText == "not for our key")
        try await second.close()
    }

    @Test func anOrderlyEndLeavesNothingToRecover() async throws {
        let folder = try StoreFolder()
        let first = try await folder.open()
        let batch = try await first.runningBatch(count: 2)
        _ = try await first.finish(try await first.claim(batch, 1).records.map(\.succeeded))
        try await first.close()
        for _ in 0..<2 {
            let again = try await folder.open()
            #expect(again.recovery == RecoveryReport())
            #expect(try await again.actions().isEmpty)
            try await again.close()
        }
    }

    @Test func aRestoredDatabasePausesAndDoubtsWhatMayHaveBeenSent() async throws {
        let folder = try StoreFolder()
        let first = try await folder.open()
        let batch = try await first.runningBatch(count: 9)
        let records = try await first.claim(batch, 2).records
        _ = try await first.finish([records[0].succeeded, records[1].transient(until: 9_999)])
        try await first.close()
        let copy = folder.path + "/copy.sqlite"
        try FileManager.default.copyItem(atPath: folder.database, toPath: copy)

        let second = try await folder.open()
        _ = try await second.finish(try await second.claim(batch, 3).records.map(\.succeeded))
        try await second.close()
        try FileManager.default.removeItem(atPath: folder.database)
        try FileManager.default.moveItem(atPath: copy, toPath: folder.database)

        let third = try await folder.open()
        #expect(third.recovery.lostAttempts == 3)
        #expect(third.recovery.doubtedRecords == 4)
        #expect(third.recovery.pausedBatches == [batch.id])
        let told = try #require(try await third.actions().first { $0.name == .recoverRestored })
        #expect(told.detail == "1 batch paused, 4 records in doubt, 0 batches unknown")
        #expect(
            try await third.statuses(batch)
                == [.succeeded, .inDoubt, .inDoubt, .inDoubt, .inDoubt, .queued, .queued, .queued, .queued])
        let restored = try await third.batch(batch.id)
        #expect(restored.state == .paused)
        #expect(restored.reason?.contains("restored") == true)
        #expect(try await third.claim(batch).records.isEmpty)
        try await third.setState(batch.id, to: .running, reason: nil)
        let claim = try await third.claim(batch, 2)
        #expect(claim.records.map(\.id.line) == [7, 8])
        #expect(claim.records.map(\.attempt.rawValue) == [6, 7])
        #expect(try await third.requeue(batch.id, RequeueSelection(statuses: [.inDoubt], lines: 4...4)) == 1)
        #expect(try await third.claim(batch, 1).records.map(\.id.line) == [4])
        try await third.close()
    }

    @Test func aRestoredDatabaseIsFoundOutAfterASingleClaim() async throws {
        let folder = try StoreFolder()
        let first = try await folder.open()
        let batch = try await first.runningBatch(count: 3)
        try await first.close()
        let copy = folder.path + "/copy.sqlite"
        try FileManager.default.copyItem(atPath: folder.database, toPath: copy)
        let second = try await folder.open()
        _ = try await second.claim(batch, 1)
        try await second.close()
        try FileManager.default.removeItem(atPath: folder.database)
        try FileManager.default.moveItem(atPath: copy, toPath: folder.database)
        let third = try await folder.open()
        #expect(third.recovery.lostAttempts == 1)
        #expect(try await third.statuses(batch) == [.inDoubt, .queued, .queued])
        try await third.close()
        let fourth = try await folder.open()
        #expect(fourth.recovery == RecoveryReport())
        try await fourth.close()
    }

    @Test func aFileStillBeingReadWhenTheCopyWasMadeGoesOnInDoubt() async throws {
        let folder = try StoreFolder()
        let first = try await folder.open()
        let batch = try await first.makeBatch()
        try await first.take([SampleRow(2)], into: batch)
        try await first.close()
        let copy = folder.path + "/copy.sqlite"
        try FileManager.default.copyItem(atPath: folder.database, toPath: copy)
        let second = try await folder.open()
        try await second.take([SampleRow(3), SampleRow(4)], into: batch)
        try await second.finishIngest(batch.id, state: .running)
        _ = try await second.finish(try await second.claim(batch, 3).records.map(\.succeeded))
        try await second.close()
        try FileManager.default.removeItem(atPath: folder.database)
        try FileManager.default.moveItem(atPath: copy, toPath: folder.database)

        let third = try await folder.open()
        #expect(try await third.statuses(batch) == [.inDoubt])
        try await third.setState(batch.id, to: .ingesting, reason: nil)
        try await third.take([SampleRow(3, error: "rule"), SampleRow(4), SampleRow(5), SampleRow(6)], into: batch)
        try await third.finishIngest(batch.id, state: .running)
        #expect(try await third.statuses(batch) == [.inDoubt, .invalid, .inDoubt, .inDoubt, .queued])
        #expect(try await third.claim(batch).records.map(\.id.line) == [6])
        try await third.close()
    }

    @Test func withoutItsMarkALedgerIsNotTrusted() async throws {
        let folder = try StoreFolder()
        let first = try await folder.open()
        let batch = try await first.runningBatch(count: 3)
        _ = try await first.finish(try await first.claim(batch, 1).records.map(\.succeeded))
        try await first.close()
        try FileManager.default.removeItem(atPath: folder.mark)
        try FileManager.default.removeItem(atPath: folder.trace)
        let second = try await folder.open()
        #expect(try await second.statuses(batch) == [.succeeded, .inDoubt, .inDoubt])
        #expect(try await second.batch(batch.id).state == .paused)
        try await second.close()
    }

    @Test func aDatabaseThatIsGoneIsNotMadeAnewBesideItsMark() async throws {
        let folder = try StoreFolder()
        let first = try await folder.open()
        _ = try await first.claim(try await first.runningBatch(count: 3))
        try await first.close()
        for name in try folder.files() where name.hasPrefix("rollcall.sqlite") && !name.hasSuffix(".mark") {
            try FileManager.default.removeItem(atPath: folder.path + "/" + name)
        }
        await #expect {
            try await folder.open()
        } throws: { error in
            (error as? StoreError)?.code == .noDatabase
        }
        try FileManager.default.removeItem(atPath: folder.mark)
        await #expect(throws: StoreError.self) { try await folder.open() }
        try FileManager.default.removeItem(atPath: folder.trace)
        let second = try await folder.open()
        #expect(second.recovery == RecoveryReport())
        try await second.close()
    }
}
