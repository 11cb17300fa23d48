import Basics
import Foundation
import TestSupport
import Testing

@testable import RecordStore

@Suite("What forgetting leaves in SQLite's files, and in copies of them") struct ForgettingInFilesTests {
    /// Pages are divided as answers come in another order than lines, and merged as a batch is archived.
    @Test(arguments: [0, 300])
    func noPageKeepsACopy(archived: Int) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let text = String(repeating: "x", count: 700)
        let batch = try await store.runningBatch((2...601).map { SampleRow($0, rawRow: "\($0) \(text)") })
        var claimed: [ClaimedRecord] = []
        while case let more = try await store.claim(batch, 50).records, !more.isEmpty { claimed += more }
        // 7 has no divisor in common with 600.
        for place in claimed.indices { _ = try await store.finish([claimed[place * 7 % 600].succeeded]) }
        try await store.setState(batch.id, to: .completed, reason: nil)
        if archived > 0 { _ = try await store.archive(finishedBefore: .distantFuture, upTo: archived) }
        let gone = Array(stride(from: 2, through: 601, by: 30))
        let erased = try ForgettingTests.values(store, batch, gone).filter { $0.count > 16 }
        #expect(erased.count == 2 * gone.count)
        #expect(try await ForgettingTests.forget(gone, of: batch, in: store) == gone)
        #expect(try await store.emptyLog())
        let file = try Data(contentsOf: URL(filePath: folder.database))
        for value in erased { #expect(!file.holds(value.prefix(24))) }
        #expect(try await store.isSound())
        try await store.close()
        withExtendedLifetime(folder) {}
    }

    @Test func onlyWhatLiesNearIsWrittenAnew() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2_000)
        func changes() throws -> Int {
            try store.writeWaiting { try Int.fetchOne($0.database, sql: "SELECT total_changes()") ?? 0 }
        }
        let before = try changes()
        #expect(try await ForgettingTests.forget([1_000], of: batch, in: store) == [1_000])
        // A hundred rows on each side, taken out and put in.
        #expect(try changes() - before < 1_000)
        try await store.close()
    }

    @Test func inACopyThatIsPutBackAllOfItGoesAndTheCallsStayInDoubt() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        let claimed = try await store.claim(batch, 2).records
        _ = try await store.finish([claimed[0].inDoubt])
        try await store.backUp(to: folder.copy)
        let hash = try await store.personHasher().hash(account: "somebody")
        try await store.changeForgottenPersons { $0.add([hash], at: .distantFuture) }
        _ = try await store.finish([claimed[1].succeeded])
        try await store.close()
        let report = try await folder.restore { copy in
            #expect(try await copy.forgottenPersons().time(of: hash, inBatchMadeAt: 1) == .distantFuture)
            var erasure = ErasureInCopy()
            erasure.records = try await ForgettingTests.forget([2, 3, 4], of: batch, in: copy, isRestored: true).count
            return erasure
        }
        #expect(report.erasure.records == 3)
        let again = try await folder.open()
        #expect(try await again.statuses(batch) == [.inDoubt, .inDoubt, .cancelled])
        #expect(try ForgettingTests.values(again, batch, [2, 3, 4]).filter { $0.contains { $0 != 0 } }.count <= 1)
        for view in try await again.views(batch, [2, 3, 4]) { #expect(try view.id.isEmpty) }
        // It can be decided about, and never sent.
        #expect(try await again.requeue(batch.id, RequeueSelection(statuses: [.inDoubt])) == 0)
        let resolved = try await again.resolveAsFailed(batch.id, lines: nil, reason: "x", heldReason: "y") { _ in
            .sample(.resolve)
        }
        #expect(resolved == 2)
        try await again.close()
    }
}
