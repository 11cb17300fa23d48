import Basics
import Figures
import Foundation
import RecordStore

/// A thousand persons among months of records are forgotten by `rollcall forget` beside a process that runs another batch;
/// then everything but the backups is searched for what stood in their records, and a backup is put back.
struct ForgettingProof {
    /// How many persons are forgotten, where there are so many records.
    static let persons = 1_000

    let months: MarkedMonths
    let folder: ErasureFolder

    private var place: WorkFolder { folder.place }

    /// Fills, forgets, searches, restores, searches again.
    ///
    /// - Returns: What was found, which must be nothing, and how fast it was done.
    /// - Throws: `BenchmarkError` when a step fails, `Interrupted` after a signal; the errors of the store.
    func figures() async throws -> [Figure] {
        try folder.prepare()
        var store = try await WorkStore.open(in: place.path)
        try await months.fill(store) { _ = try await folder.rollcall(["backup", $0]) }
        try await store.close()
        let sealed = try ByteSearch(for: folder.sealedValues(where: months.isMarked))
        let ids = months.markedIDs
        guard try marked() == ids.count, try sealed.found(in: folder.databaseFiles).count == sealed.count else {
            throw BenchmarkError("the persons' values were not there before; the proof would be of nothing")
        }
        store = try await WorkStore.open(in: place.path)
        let forgetting = try await forget(ids, beside: store)
        try await store.close()
        let listed = try backupsListed()
        let (markers, left) = (try markers(), try sealed.found(in: folder.databaseFiles).count)
        let restoring = try await folder.rollcall(["restore", months.backups[months.months - 1]])
        let read = try await recordsRead()
        guard read.others == months.total - ids.count else {
            throw BenchmarkError("only \(read.others) records of others could be read in the copy that was put back")
        }
        return [
            Figure("markers in database, WAL, results, logs", .number, [Double(markers)], target: .atMost(0)),
            Figure("of \(sealed.count) sealed values in database and WAL", .number, [Double(left)], target: .atMost(0)),
            Figure(
                "of \(months.months) backups named by the receipt", .number, [Double(listed)],
                target: .atLeast(Double(months.months))),
            Figure(
                "persons readable in the copy put back", .number, [Double(read.forgotten)],
                target: .atMost(0)),
            Figure(
                "of their sealed values in it", .number,
                [Double(try sealed.found(in: folder.databaseFiles).count)], target: .atMost(0)),
            Figure("records answered meanwhile", .number, [Double(forgetting.answered)]),
            Figure(
                "records looked through by forget", .perSecond, [Double(months.total) / forgetting.seconds]),
            Figure("persons forgotten", .perSecond, [Double(ids.count) / forgetting.seconds]),
            Figure("records put back by restore", .perSecond, [Double(months.total) / restoring.wallSeconds]),
        ]
    }

    /// Forgets in a process of its own while a batch is sent in this one; and once more when that has ended, which is
    /// needed where the write-ahead log was in use all the time.
    ///
    /// - Returns: How long the first call took, in seconds, and how many records of the other batch were answered.
    private func forget(
        _ ids: [String], beside store: RecordStore
    ) async throws -> (seconds: Double, answered: Int) {
        let list = place.file("ids.txt")
        try ids.joined(separator: "\n").write(toFile: list, atomically: true, encoding: .utf8)
        defer { place.remove("ids.txt") }
        let run = try await folder.takeInOthers(into: store)
        async let sending: Void = run.send()
        let ended = try await folder.rollcall(["forget", "--file", list, "--json"], accepting: [2])
        let receipt = TextFile.text(of: place.file("forget.out"))
        try await sending
        if ended.status != 0 { _ = try await folder.rollcall(["forget", "--file", list, "--json"]) }
        try receipt.write(toFile: place.file("forget.out"), atomically: true, encoding: .utf8)
        return (ended.wallSeconds, try await store.batch(run.batch.id).counts.succeeded)
    }

    /// How many of the backups the receipt names.
    private func backupsListed() throws -> Int {
        let data = Data(TextFile.text(of: place.file("forget.out")).utf8)
        guard let signed = try JSONSerialization.jsonObject(with: data) as? [String: Any],
            let receipt = signed["receipt"] as? [String: Any],
            let outOfReach = receipt["out_of_reach"] as? [String: Any],
            let backups = outOfReach["backups"] as? [[String: String]]
        else { throw BenchmarkError("forget.out holds no receipt") }
        let names = Set(backups.compactMap { $0["what"] })
        return months.backups.count { names.contains(URL(filePath: $0).lastPathComponent) }
    }

    private func markers() throws -> Int {
        let files = try folder.files(besides: ["backups"])
        return try ByteSearch(for: [Array(MarkedMonths.marker.utf8)]).found(in: files).count
    }

    /// How many of the persons stand in result tables.
    private func marked() throws -> Int {
        try ByteSearch(for: months.markedIDs.map { Array(",\($0),".utf8) }).found(
            in: folder.files(besides: ["backups"])
        )
        .count
    }

    /// How many records of the database that was put back can be read, of those who were forgotten and of others.
    private func recordsRead() async throws -> (forgotten: Int, others: Int) {
        let store = try await WorkStore.openForReading(WorkStore.database(in: place.path), keysIn: place.path)
        let marker = Array(MarkedMonths.marker.utf8)
        var (forgotten, others) = (0, 0)
        for batch in try await store.batches() {
            try await store.forEachRecord(batch.id) { view in
                let id = try view.payload().id
                if id.starts(with: marker) { forgotten += 1 } else if !id.isEmpty { others += 1 }
            }
        }
        try await store.close()
        return (forgotten, others)
    }
}
