import Basics
import Foundation
import GRDB
import GRDBSQLite
import TestSupport
import Testing

@testable import RecordStore

/// Every statement that the store runs finds its rows by an index: no table that grows is read from end to end.
///
/// SQLite tells of each statement as it begins, on every connection that the store opens; afterwards each is explained in
/// the store's database, where the planner has no figures to go by, as in the product.
@Suite struct QueryPlanTests {
    /// Tables that get longer with every record, call, batch or act.
    private static let growing: Set<String> = [
        "records", "archived_records", "attempts", "archived_attempts", "results", "archived_results", "answers",
        "audit", "batches", "call_days", "ledger_days", "other_calls", "runner_requests", "result_folders",
        "waiting_reruns", "forgotten_records", "ready", "layouts", "batch_keys",
    ]

    /// What statements that may read the whole of a table contain, and why they may.
    private static let exempt: [(text: String, reason: String)] = [
        ("FROM batches ORDER BY id", "the list of all batches, which has one row for each file"),
        ("SELECT EXISTS (SELECT 1 FROM batches)", "ends at the first row"),
        (
            "FROM batches WHERE answers_known < succeeded",
            "once for a batch that may use others' answers, before it runs"
        ),
        ("FROM batches WHERE started_at IS NOT NULL", "once for a database that has no journal of its batches yet"),
        ("SELECT total(in_flight) FROM batches", "once at each start"),
        ("SELECT coalesce(sum(queued)", "the sum of all batches' counters, one row for each file, once a scrape"),
        ("FROM batches WHERE state = 'completed' GROUP BY job", "likewise, each job's last"),
        ("FROM forgotten_records ORDER BY record_id", "once where a person is forgotten who was before"),
        ("FROM audit WHERE 1 = 1 ORDER BY id", "the list of all that was done, which has one row for each act"),
    ]

    @Test func noStatementReadsAGrowingTableFromEndToEnd() async throws {
        let folder = try StoreFolder()
        try await folder.open().close()
        let statements = try await StatementTrace.statements(in: folder.path) { try await Self.useEverything(folder) }
        #expect(statements.count > 80, "only \(statements.count) statements were seen")
        let database = try DatabaseQueue(path: folder.database)
        defer { try? database.close() }
        let scans = try await database.read { database in
            try statements.flatMap { try Self.scans(of: $0, database) }
        }
        #expect(scans.isEmpty, "\(scans.count) scans:\n\(scans.joined(separator: "\n\n"))")
    }

    private static func scans(of statement: String, _ database: Database) throws -> [String] {
        guard !exempt.contains(where: { statement.contains($0.text) }) else { return [] }
        let explanation = try database.makeStatement(sql: "EXPLAIN QUERY PLAN \(statement)")
        // What is not bound is NULL; the plan does not depend on it.
        explanation.setUncheckedArguments(StatementArguments())
        let plan = try Row.fetchAll(explanation)
        let tables = aliases(in: statement)
        return try plan.compactMap { step in
            let detail: String = step["detail"]
            let words = detail.split(separator: " ").map(String.init)
            guard words.count > 1, words[0] == "SCAN", growing.contains(tables[words[1]] ?? words[1]) else {
                return nil
            }
            return try isPartial(words, database) ? nil : "\(detail)\n  in: \(statement)"
        }
    }

    /// The tables behind the names that a statement gives them.
    private static func aliases(in statement: String) -> [String: String] {
        var tables: [String: String] = [:]
        for match in statement.matches(of: /(\w+)\s+AS\s+(\w+)/) { tables[String(match.2)] = String(match.1) }
        return tables
    }

    /// Whether only a partial index is read, which holds no more than the rows that still need something.
    private static func isPartial(_ words: [String], _ database: Database) throws -> Bool {
        guard let place = words.firstIndex(of: "INDEX"), place + 1 < words.count else { return false }
        let sql = try String.fetchOne(
            database, sql: "SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?",
            arguments: [words[place + 1]])
        return sql?.contains(" WHERE ") ?? false
    }
}

extension QueryPlanTests {
    private static let caps = CallCaps(batch: 1_000, answeredSince: 1_000, day: RecordStore.day)

    /// Does with a store all that can be done.
    private static func useEverything(_ folder: StoreFolder) async throws {
        let store = try await folder.open()
        let first = try await answer(store)
        try await decide(store, first)
        try await keepFiles(store)
        try await look(store, first)
        try await reuse(store)
        try await store.backUp(to: folder.copy)
        _ = try await store.claim(first)
        try await store.close()
        // The records under way are found at the next start.
        let again = try await folder.open()
        _ = try await again.isSound()
        _ = try await again.moveBatch(first.id, from: Set(BatchState.allCases), to: .cancelled, reason: nil)
        _ = try await again.archive(finishedBefore: .distantFuture)
        _ = try await again.maintain()
        try await look(again, first)
        for batch in try await again.batches() {
            _ = try await again.eraseReusedAnswers(of: batch.id, answeredBefore: .distantFuture)
            let records = (2...31).map { RecordID(batch: batch.id, line: $0) }
            _ = try await again.forget(records, at: 9, noting: .sample(.forget))
            _ = try await again.batchesWithForgottenInFiles()
            try await again.markForgottenInFiles(again.forgottenRecords(of: batch.id))
            _ = try await again.forgottenRecords(at: [.now()])
            _ = try await again.batchTotals()
            try await look(again, batch)
            try await again.markResultsWritten(batch.id, finishedAt: batch.finishedAt)
            for scope in PurgeScope.allCases {
                _ = try await again.purge(batch.id, scope, at: 9, noting: .sample(.purge, of: batch.id))
            }
        }
        _ = try await again.finishPurges()
        _ = try await again.batchesLackingResults()
        _ = try await again.destroySpentPeriods(at: Noon.january)
        try await again.close()
        try FileManager.default.removeItem(atPath: folder.database)
        _ = try await folder.restore()
        let restored = try await folder.open()
        try await restored.close()
    }

    private static func answer(_ store: RecordStore) async throws -> Batch {
        let rows = (2...30).map { SampleRow($0, request: "\($0 / 2)", error: $0 == 30 ? "broken" : nil) }
        let batch = try await store.linkedBatch(rows)
        var end = 0
        _ = try await store.run(batch, caps: caps) { record in
            end += 1
            switch end % 5 {
            case 0: return record.rejected
            case 1: return record.inDoubt
            case 2: return record.unreadable("unreadable")
            case 3 where end < 10: return record.transient(until: 500)
            default: return record.succeeded
            }
        }
        return batch
    }

    private static func decide(_ store: RecordStore, _ batch: Batch) async throws {
        let failed = RequeueSelection(statuses: [.failed, .inDoubt], reasonCode: "INVALID_INPUT", lines: 2...30)
        _ = try await store.forecast(batch.id, requeueing: failed, answeredSince: 1_000)
        let rerun = try await store.rerun(batch.id, RequeueSelection(statuses: [.failed]))
        _ = try await store.awaitsCalls(batch.id, of: try #require(rerun.number))
        try await store.hastenRetries(of: batch.id, to: 1)
        _ = try await store.requeue(batch.id, RequeueSelection(statuses: [.inDoubt], limit: 1, byPolicy: true))
        let doubted = try await store.doubted(batch)
        _ = try await store.accept([
            RecoveredAnswer(record: try #require(doubted.first), answer: [1], requestRefID: "r")
        ])
        _ = try await store.resolveAsFailed(batch.id, lines: nil, reason: "known", heldReason: "held") { _ in
            Action(at: 1, batch: batch.id, name: .resolve, provenance: StoreFolder.provenance)
        }
    }

    private static func keepFiles(_ store: RecordStore) async throws {
        let file = ClaimedFile(path: "/working/a", job: "nightly", name: "a", claimedAt: 1)
        try await store.saveClaimedFile(file)
        _ = try await store.claimedFile(at: file.path)
        _ = try await store.claimedFiles(of: "nightly")
        _ = try await store.batchesHoldingFiles()
        let refused = NewBatch(
            job: "nightly", fileName: "b.csv", contentDigest: [UInt8](repeating: 9, count: 32), format: .csv,
            layout: [],
            provenance: StoreFolder.provenance)
        _ = try await store.rejectFile(refused, reason: "foreign", claimedFile: file)
        try await store.forgetClaimedFile(at: file.path)
        try await store.saveLastDue(1, ofSchedule: "nightly", times: "daily")
        _ = try await store.lastDue(ofSchedule: "nightly", times: "daily")
        try await store.forgetSchedules(except: ["nightly"])
        try await store.saveLimiterState(LimiterState(theoreticalArrival: 1, rateFactor: 1, savedAt: 1))
        _ = try await store.limiterState()
        try await store.saveRunnerStatus(
            RunnerStatus(
                process: 1, host: "vault", version: "1.0", isDaemon: true, startedAt: 1, loadedAt: 1, updatedAt: 1,
                allowedRate: 1))
        _ = try await store.runnerStatus()
    }

    private static func look(_ store: RecordStore, _ batch: Batch) async throws {
        _ = try await store.batches()
        _ = try await store.unfinishedBatches()
        _ = try await store.findBatch(job: "nightly", contentDigest: [UInt8](repeating: 1, count: 32))
        _ = try await store.batch(named: batch.name)
        _ = try await store.layout(of: batch.id)
        _ = try await store.actions(of: batch.id)
        _ = try await store.runnerRequests(after: try await store.lastRunnerRequest())
        _ = try await store.resultFolders(of: batch.id)
        _ = try await store.ledgerDays(RecordStore.day...RecordStore.day)
        _ = try await store.ledgerDays(inMonthsOf: batch.id)
        _ = try await store.ledgerTotals(batch.id)
        _ = try await store.lastCallTimes(of: batch.id, among: 10)
        _ = try await store.calls(on: RecordStore.day)
        _ = try await store.calls(inMonthOf: RecordStore.day)
        _ = try await store.forecast(batch.id, answeredSince: 1_000)
        _ = try await store.claimedFile(of: batch.id)
        _ = try await store.pendingBatches()
        _ = try await store.hasResults(batch.id)
        _ = try await store.resumptions()
        try await store.forEachRecord(batch.id, statuses: [.failed]) { _ in }
        try await store.forEachAttempt(batch.id) { _ in }
        _ = try await store.lastAttempt(of: RecordID(batch: batch.id, line: 2))
        _ = try await store.record(RecordID(batch: batch.id, line: 3))
        try await store.markResultsStale(batch.id)
        try await store.markResultsWritten(batch.id, finishedAt: nil)
        try await store.renewReason("reason", ofWaiting: batch.id)
    }

    private static func reuse(_ store: RecordStore) async throws {
        try await store.learnAnswers()
        let rows = (2...20).map { SampleRow($0, request: "\($0)") }
        let second = try await store.linkedBatch(rows, content: 2)
        let prints = try ["2", "3"].map { text in
            try Array(text.utf8).withUnsafeBytes { try store.fingerprint(of: $0) }
        }
        _ = try await store.prospects(of: prints, answeredSince: 1_000)
        _ = try await store.forecast(second.id, answeredSince: 1_000)
        _ = try await store.run(second, caps: caps) { $0.succeeded }
        let call = Action(at: 1, batch: nil, name: .doctor, provenance: StoreFolder.provenance)
        _ = try await store.begin(.doctor, caps: caps, action: call)
        try await store.end(.doctor, on: RecordStore.day, billable: .yes, countsAsCall: true)
        _ = try await store.moveBatch(
            second.id, from: [.running], to: .paused, reason: "capped")
        try await store.setResumption(of: try await store.batch(second.id), at: 1)
        _ = try await store.resumeAfterCap(second.id, at: 2)
    }
}

extension RecordStore {
    fileprivate func doubted(_ batch: Batch) async throws -> [RecordID] {
        var found: [RecordID] = []
        try await forEachRecord(batch.id, statuses: [.inDoubt]) { found.append($0.record) }
        return found
    }
}
