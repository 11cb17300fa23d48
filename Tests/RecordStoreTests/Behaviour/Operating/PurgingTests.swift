import Basics
import Foundation
import TestSupport
import Testing

@testable import RecordStore

/// A finished batch that is to be purged, and what can be found of it.
struct PurgeCase {
    let folder: StoreFolder
    let store: RecordStore
    let batch: Batch

    /// A finished batch of answers, refusals and an invalid line, its results written; more lines than one step purges.
    init(count: Int = 600, archived: Int = 0) async throws {
        folder = try StoreFolder()
        store = try await folder.open()
        batch = try await store.settledBatch(
            (2...count).map { SampleRow($0, request: "request \($0)") } + [SampleRow(count + 1, error: "rule")])
        if archived > 0 { _ = try await store.archive(finishedBefore: .distantFuture, upTo: archived) }
    }

    func purge(_ scope: PurgeScope) async throws -> Bool {
        try await store.purge(batch.id, scope, at: 86_400_000, noting: .sample(.purge, of: batch.id))
    }

    /// What the ledger says of the batch.
    func ledger() async throws -> [String] {
        var lines: [String] = []
        try await store.forEachAttempt(batch.id) { lines.append("\($0)") }
        return lines + ["\(try await store.ledgerTotals(batch.id))", "\(try await store.batch(batch.id).counts)"]
    }

    /// The sealed values that a query finds in both sets of tables.
    func sealed(_ column: String, in table: String) throws -> [Data] {
        try store.readWaiting { database in
            try ["", "archived_"].flatMap {
                try Data.fetchAll(
                    database,
                    sql: "SELECT \(column) FROM \($0)\(table) WHERE length(\(column)) > 0")
            }
        }
    }

    /// All that is sealed of results: ids stand in the payloads.
    func sealedResults() throws -> [Data] {
        try sealed("answer", in: "results") + sealed("detail", in: "results")
            + store.readWaiting { database in
                try Data.fetchAll(
                    database, sql: "SELECT layout FROM layouts UNION ALL SELECT wrapped_key FROM batch_keys")
            }
    }

    /// Whether none of some sealed values is left in the database's files, or in the tables where a server has the files.
    /// What a nonce and the start of a ciphertext are is found nowhere else by chance.
    func areGone(_ values: [Data]) async throws -> Bool {
        guard !store.isAtServer else {
            let left = try sealed("payload", in: "records") + sealedResults()
            return Set(left).isDisjoint(with: values)
        }
        #expect(try await store.emptyLog())
        let files = try [folder.database, folder.database + "-wal"].map { try Data(contentsOf: URL(filePath: $0)) }
        return values.allSatisfy { value in files.allSatisfy { !$0.holds(value.prefix(24)) } }
    }
}

extension RecordStore {
    /// A completed batch whose results are written: every third line was refused, the others are answered.
    func settledBatch(_ rows: [SampleRow], content: UInt8 = 1) async throws -> Batch {
        let batch = try await runningBatch(rows, content: content)
        _ = try await run(batch) { $0.id.line % 3 == 0 ? $0.rejected : $0.succeeded }
        try await setState(batch.id, to: .completed, reason: nil)
        let ended = try await self.batch(batch.id)
        try await markResultsWritten(ended.id, finishedAt: ended.finishedAt)
        return ended
    }
}

@Suite(.everyEngine) struct PurgingTests {
    @Test(arguments: [0, 300, 10_000])
    func withTheResultsNothingSealedIsLeftInTheFilesAndTheLedgerIsTheSame(archived: Int) async throws {
        let site = try await PurgeCase(archived: archived)
        let sealed = try site.sealed("payload", in: "records") + site.sealedResults()
        let ledger = try await site.ledger()
        #expect(sealed.count > 1_000)
        #expect(try await site.purge(.results))
        #expect(try await site.areGone(sealed))
        #expect(try site.sealed("payload", in: "records").isEmpty && site.sealedResults().isEmpty)
        #expect(try await site.ledger() == ledger)
        let times = PurgeTimes(payloads: 86_400_000, results: 86_400_000)
        #expect(try await site.store.batch(site.batch.id).purged == times)
        #expect(try await site.store.actions(of: site.batch.id).map(\.name) == [.purge])
        try await site.store.close()
    }

    @Test(arguments: [0, 300, 10_000])
    func withThePayloadsNoRowIsLeftAndIDsAndAnswersCanBeRead(archived: Int) async throws {
        let site = try await PurgeCase(archived: archived)
        let (rows, results) = (try site.sealed("payload", in: "records"), try site.sealedResults())
        let ledger = try await site.ledger()
        #expect(try await site.purge(.payloads))
        #expect(try await site.areGone(rows))
        #expect(try site.sealedResults() == results)
        var (ids, answers) = (0, 0)
        try await site.store.forEachRecord(site.batch.id) { view in
            let payload = try view.payload()
            ids += String(decoding: payload.id, as: UTF8.self) == "id-\(view.line)" && payload.rawRow.isEmpty ? 1 : 0
            answers += try view.answer == nil ? 0 : 1
        }
        #expect(ids == site.batch.counts.total && answers == site.batch.counts.succeeded)
        #expect(try await site.ledger() == ledger)
        #expect(try await site.store.batch(site.batch.id).purged == PurgeTimes(payloads: 86_400_000))
        #expect(try await site.purge(.results))
        #expect(try await site.areGone(results))
        try await site.store.close()
    }

    @Test(arguments: [0, 300, 10_000])
    func withTheLedgerOnlyTheBatchAndItsTotalsAreLeft(archived: Int) async throws {
        let site = try await PurgeCase(archived: archived)
        let totals = try await site.store.ledgerDays(inMonthsOf: site.batch.id)
        #expect(try await site.purge(.results))
        #expect(try await site.purge(.ledger))
        for scope in PurgeScope.allCases { #expect(try await !site.purge(scope)) }
        let rows = try site.store.readWaiting { database in
            try ["records", "results", "attempts"].flatMap { table in
                try ["", "archived_"].map { try Int.fetchOne(database, sql: "SELECT count(*) FROM \($0)\(table)") }
            }
        }
        #expect(rows == Array(repeating: 0, count: 6))
        let batch = try await site.store.batch(site.batch.id)
        #expect(batch.counts == site.batch.counts && batch.purged.ledger == 86_400_000)
        #expect(!totals.isEmpty)
        #expect("\(try await site.store.ledgerDays(inMonthsOf: site.batch.id))" == "\(totals)")
        try await site.store.close()
        // The next start accounts for all calls as before.
        let again = try await site.folder.open()
        #expect(again.recovery == RecoveryReport())
        try await again.close()
    }

    @Test(arguments: [(PurgeScope.payloads, "its rows are gone"), (.results, "its rows and answers are gone")])
    func whatNeedsItsRowsIsRefusedWithTheDay(scope: PurgeScope, what: String) async throws {
        let site = try await PurgeCase(count: 20)
        #expect(try await site.purge(scope))
        #expect(try await !site.purge(scope))
        let requeued = await #expect(throws: StoreError.self) {
            _ = try await site.store.requeue(site.batch.id, RequeueSelection(statuses: [.failed]))
        }
        let rows = await #expect(throws: StoreError.self) { try await site.store.refusePurgedRows(of: site.batch.id) }
        #expect(try await site.store.batch(site.batch.id).counts.queued == 0)
        for error in [requeued, rows] {
            #expect(error?.code == .purged && error?.message.contains("purged on 1970-01-02: \(what)") == true)
        }
        guard scope > .payloads else { return try await site.store.close() }
        let read = await #expect(throws: StoreError.self) { try await site.store.forEachRecord(site.batch.id) { _ in } }
        let layout = await #expect(throws: StoreError.self) { _ = try await site.store.layout(of: site.batch.id) }
        #expect(read?.code == .purged && layout?.code == .purged)
        try await site.store.close()
    }

    @Test(arguments: PurgeScope.allCases)
    func interruptedAtAnyStepItGoesOnWhereItStood(scope: PurgeScope) async throws {
        let steps = try await Interruption.atEachStep { interruption in
            let site = try await PurgeCase()
            let (rows, results) = (try site.sealed("payload", in: "records"), try site.sealedResults())
            var kill: Interruption.Kill?
            do {
                _ = try await site.store.purge(
                    site.batch.id, scope, at: 5, noting: .sample(.purge, of: site.batch.id),
                    beforeStep: { try interruption.step() })
            } catch let error as Interruption.Kill {
                kill = error
            }
            try await site.store.close()
            let store = try await site.folder.open()
            let isBegun = try await store.batch(site.batch.id).purged[scope] != nil
            #expect(try await store.finishPurges() == (isBegun && kill != nil ? 1 : 0))
            #expect(try await store.finishPurges() == 0)
            let again = PurgeCase(folder: site.folder, store: store, batch: site.batch)
            #expect(try await again.areGone(rows) == isBegun)
            if scope > .payloads { #expect(try await again.areGone(results) == isBegun) }
            try await store.close()
            if let kill { throw kill }
        }
        #expect(steps == 4)
    }

    @Test func whatIsNeededIsNotPurged() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let doubted = try await store.runningBatch(count: 2, content: 1)
        _ = try await store.run(doubted) { $0.id.line == 2 ? $0.inDoubt : $0.succeeded }
        func purge() async throws -> Bool {
            try await store.purge(doubted.id, .payloads, at: 5, noting: .sample(.purge, of: doubted.id))
        }
        #expect(try await !purge())
        try await store.setState(doubted.id, to: .completed, reason: nil)
        let ended = try await store.batch(doubted.id)
        #expect(try await store.batchesLackingResults() == [ended.id])
        try await store.markResultsWritten(ended.id, finishedAt: ended.finishedAt)
        #expect(try await store.batchesLackingResults().isEmpty)
        #expect(try await !purge())
        #expect(try await store.view(doubted, 2).payload().rawRow == Array("row-2".utf8))
        #expect(try await store.actions(of: doubted.id).isEmpty)
        try await store.close()
        withExtendedLifetime(folder) {}
    }

    @Test(arguments: [(PurgeScope.payloads, 0), (.results, 1)])
    func anErasedAnswerServesNoIdenticalRecordAndAKeptOneDoes(scope: PurgeScope, calls: Int) async throws {
        let site = try await PurgeCase(count: 4)
        let caps = CallCaps(answeredSince: 0, day: RecordStore.day)
        try await site.store.learnAnswers()
        #expect(try await site.purge(scope))
        try await site.store.learnAnswers()
        let second = try await site.store.runningBatch([SampleRow(2, request: "request 2")], content: 2)
        #expect(try await site.store.claim(second.id, upTo: 1, now: 1_000, caps: caps).records.count == calls)
        try await site.store.close()
    }
}

extension PurgeCase {
    init(folder: StoreFolder, store: RecordStore, batch: Batch) {
        (self.folder, self.store, self.batch) = (folder, store, batch)
    }
}
