import Basics
import Figures
import Foundation
import RecordStore

/// Months of records are purged by `rollcall purge` beside a process that runs another batch; then everything is searched
/// for what stood in them, and each month's backup is opened with the keys that are left.
struct ErasureProof {
    /// Sealed values, from all of the database's, that are looked for in its files afterwards.
    private static let samples = 1_000
    /// Records of the batch that runs meanwhile.
    private static let others = 100_000

    let months: MarkedMonths
    let place: WorkFolder
    let rollcall: String

    /// Fills, purges and searches.
    ///
    /// - Returns: What was found, which must be nothing, and how fast it was purged.
    /// - Throws: `BenchmarkError` when a step fails, `Interrupted` after a signal; the errors of the store.
    func figures() async throws -> [Figure] {
        for folder in ["backups", "out"] { _ = try place.makeFolder(folder) }
        try settings.write(toFile: place.file("rollcall.yaml"), atomically: true, encoding: .utf8)
        var store = try await WorkStore.open(in: place.path)
        try await months.fill(store)
        try await store.close()
        let sealed = try sealedValues()
        let opened = try await recordsOpened(in: months.backups)
        store = try await WorkStore.open(in: place.path)
        let (seconds, answered) = try await purge(beside: store)
        try await store.close()
        guard opened == months.records / months.months * (1...months.months).reduce(0, +) else {
            throw BenchmarkError("only \(opened) records of the backups could be read before")
        }
        let marker = try ByteSearch(for: [Array(MarkedMonths.marker.utf8)]).found(in: files(below: place.path))
        let left = try ByteSearch(for: sealed).found(in: ["", "-wal"].map { WorkStore.database(in: place.path) + $0 })
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
        let input = place.file("others.csv")
        try SampleAccounts.write(Self.others, to: input)
        let batch = try await WorkStore.takeIn(input, into: store, at: .now())
        place.remove("others.csv")
        let run = try await CannedRun(of: batch, in: store)
        async let sending: Void = run.send()
        let ended = try await BlockingWork.run {
            try ChildProcess.start(
                [
                    rollcall, "purge", "--config", place.file("rollcall.yaml"), "--older-than", "0s", "--yes", "--json",
                ], output: place.file("purge.out"), errors: place.file("purge.log")
            ).waitForSuccess()
        }
        try await sending
        return (ended.wallSeconds, try await store.batch(batch.id).counts.succeeded)
    }

    private var settings: String {
        """
        database: records.sqlite
        sealing_key: sealing.key
        keys_folder: .
        output: out
        api:
          base_url: \(WorkStore.endpoint)
          client_certificate: none.pem
          client_key: none.pem
          encryption_key: none.pem
          decryption_key: none.pem

        """
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

    private func files(below folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).map { "\(folder)/\($0)" }.filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
        }
    }

    /// The nonces and the starts of the ciphertexts of values that are sealed in the database.
    private func sealedValues() throws -> [[UInt8]] {
        let query = """
            SELECT hex(substr(value, 1, 24)) FROM (
              SELECT payload AS value FROM records UNION ALL SELECT answer FROM results)
            ORDER BY random() LIMIT \(Self.samples)
            """
        let text = try SQLiteShell.find().answer(to: query, of: WorkStore.database(in: place.path), in: place)
        return text.split(separator: "\n").compactMap { Hexadecimal.decode($0.lowercased().utf8) }
    }
}
