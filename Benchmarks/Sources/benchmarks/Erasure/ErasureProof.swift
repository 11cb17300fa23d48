import Basics
import Figures
import Foundation
import RecordStore

/// Months of records are purged by `rollcall purge` beside a process that runs another batch; then everything is searched
/// for what stood in them, and each month's backup is opened with the keys that are left.
struct ErasureProof {
    let months: MarkedMonths
    let folder: ErasureFolder

    private var place: WorkFolder { folder.place }

    /// Fills, purges and searches.
    ///
    /// - Returns: What was found, which must be nothing, and how fast it was purged.
    /// - Throws: `BenchmarkError` when a step fails, `Interrupted` after a signal; the errors of the store.
    func figures() async throws -> [Figure] {
        try folder.prepare()
        var store = try await WorkStore.open(in: place.path)
        try await months.fill(store) { try await store.backUp(to: $0) }
        try await store.close()
        let sealed = try folder.sealedValues()
        let opened = try await recordsOpened(in: months.backups)
        store = try await WorkStore.open(in: place.path)
        let (seconds, answered) = try await purge(beside: store)
        try await store.close()
        guard opened == months.records / months.months * (1...months.months).reduce(0, +) else {
            throw BenchmarkError("only \(opened) records of the backups could be read before")
        }
        let marker = try ByteSearch(for: [Array(MarkedMonths.marker.utf8)]).found(in: folder.files())
        let left = try ByteSearch(for: sealed).found(in: folder.databaseFiles)
        return [
            Figure(
                "markers in database, WAL, results, backups, logs", .number, [Double(marker.count)],
                target: .atMost(0)),
            Figure(
                "of \(sealed.count) sealed values in database and WAL", .number, [Double(left.count)],
                target: .atMost(0)),
            Figure(
                "records of \(months.months) backups that open", .number,
                [Double(try await recordsOpened(in: months.backups))], target: .atMost(0)),
            Figure("records answered meanwhile", .number, [Double(answered)]),
            Figure("records purged", .perSecond, [Double(months.records) / seconds]),
        ]
    }

    /// Purges in a process of its own while a batch is sent in this one.
    ///
    /// - Returns: How long that took, in seconds, and how many records of the other batch were answered.
    private func purge(beside store: RecordStore) async throws -> (seconds: Double, answered: Int) {
        let run = try await folder.takeInOthers(into: store)
        async let sending: Void = run.send()
        let ended = try await folder.rollcall(["purge", "--older-than", "0s", "--yes", "--json"])
        try await sending
        return (ended.wallSeconds, try await store.batch(run.batch.id).counts.succeeded)
    }

    /// How many records of some copies can be read with today's keys.
    private func recordsOpened(in copies: [String]) async throws -> Int {
        var opened = 0
        for copy in copies {
            try Interruption.check()
            let store = try await WorkStore.openForReading(copy, keysIn: place.path)
            for batch in try await store.batches() {
                do {
                    try await store.forEachRecord(batch.id) { view in
                        _ = try view.payload()
                        opened += 1
                    }
                } catch let error as StoreError where error.code == .purged {
                    continue
                }
            }
            try await store.close()
        }
        return opened
    }
}
