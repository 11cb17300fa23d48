import GRDB
import Migrations

/// What a copy of a database says about itself; of any version, so only what the first had is asked for.
struct CopyFacts: Sendable {
    let identity: StoreIdentity
    let version: Int
    let ledger: LedgerEvidence.Ledger
    let lastBatch: Int64
    let openAttempts: Int
    /// The unfinished batches: their names, how many records are queued again, and how many untried.
    let unfinished: [(name: String, ready: Int, untried: Int)]

    init(_ database: Database, called name: String) throws {
        version = try Migrations.all.version(of: database)
        guard version > 0, try database.tableExists("store"), let identity = try StoreIdentity.fetch(database) else {
            throw StoreError(.damaged, "\(name) is not a database of Rollcall; use a file that backup wrote")
        }
        self.identity = identity
        ledger = try LedgerEvidence.Ledger(database)
        lastBatch = try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'batches'") ?? 0
        openAttempts = try Int.fetchOne(database, sql: "SELECT total(in_flight) FROM batches") ?? 0
        let sql = """
            SELECT name, (SELECT count(*) FROM ready WHERE batch_id = id) AS again, queued
            FROM batches WHERE finished_at IS NULL ORDER BY id
            """
        unfinished = try Row.fetchAll(database, sql: sql).map { ($0[0], $0[1], $0[2] - $0[1]) }
    }

    /// What the next start will find.
    ///
    /// - Parameters:
    ///   - verdict: What mark and trace say of the copy.
    ///   - named: The batches that they know to have had calls.
    /// - Returns: What a person is told.
    func report(_ verdict: LedgerReconciliation, _ named: [BatchJournal.Entry]) -> RestoreReport {
        var report = RestoreReport(openAttempts: openAttempts, schemaVersion: version)
        switch verdict {
        case .whole, .refused:
            (report.lostAttempts, report.unknownBatches) = (0, 0)
            return report
        case .restored(let lost):
            report.lostAttempts = lost
            report.unknownBatches = Set(named.map(\.batch)).filter { $0 > lastBatch }.count
        case .unknown(let cause, _): report.unknownBecause = cause.text
        }
        let lost = Int(clamping: report.lostAttempts ?? .max)
        report.pausedBatches = unfinished.map(\.name)
        report.doubtedRecords = unfinished.reduce(0) { $0 + $1.ready + min(lost, $1.untried) }
        return report
    }
}
