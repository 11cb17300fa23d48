import ArgumentParser
import Basics
import Ingest
import RecordStore

/// Takes a file into a new database: the child of the case `ingest`.
struct IngestWork: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "work-ingest", shouldDisplay: false)

    @Option var input: String
    @Option var folder: String

    func run() async throws {
        let store = try await WorkStore.open(in: folder)
        let (start, startCPU) = (ContinuousClock.now, CPUTime.now())
        let batch = try await WorkStore.takeIn(input, into: store)
        try await store.close()
        let values = ["wall": (ContinuousClock.now - start) / .seconds(1), "cpu": CPUTime.now() - startCPU]
        try WorkReport(records: batch.counts.total, values: values).print()
    }
}

/// A database of the benchmarks, and a file taken into it.
enum WorkStore {
    static let provenance = Provenance(
        user: "benchmarks", host: "localhost", version: "0", settingsHash: "0", endpoint: endpoint, keyID: "0",
        certificateFingerprint: "0")
    static let endpoint = "https://127.0.0.1/identity/accounts"

    /// The path of the database of a folder.
    static func database(in folder: String) -> String { "\(folder)/records.sqlite" }

    /// Opens the database of a folder, or makes it.
    ///
    /// - Parameters:
    ///   - folder: What holds the keys, and SQLite's file.
    ///   - url: A database on PostgreSQL; nil: SQLite's.
    ///   - node: Which of several runners on it this is.
    /// - Returns: The database.
    /// - Throws: `StoreError`.
    static func open(in folder: String, at url: String? = nil, as node: String = "a") async throws -> RecordStore {
        let engine: StoreDescription.Engine =
            url.map { .postgreSQL(url: $0, passwordFile: nil) } ?? .sqlite(path: database(in: folder))
        return try await StoreDescription(
            engine: engine, sealingKey: "\(folder)/sealing.key", keysFolder: folder, endpoint: endpoint,
            node: NodeDescription(name: node, folder: "\(folder)/node-\(node)", rate: 1_000_000)
        ).openForRunning(provenance)
    }

    /// Opens a copy of a database with the keys of a folder, to read.
    static func openForReading(_ copy: String, keysIn folder: String) async throws -> RecordStore {
        try await StoreDescription(
            engine: .sqlite(path: copy), sealingKey: "\(folder)/sealing.key", keysFolder: folder, endpoint: endpoint
        ).openForReading()
    }

    /// Takes a file in, as `rollcall run` does, and says that it may run.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - store: The database.
    ///   - time: When it counts as taken in; nil: now.
    /// - Returns: The batch.
    /// - Throws: `BenchmarkError` where a row is refused; the errors of file and database.
    static func takeIn(_ path: String, into store: RecordStore, at time: WallTime? = nil) async throws -> Batch {
        let examined = try InputFile.open(path: path).examine()
        let batch = try await store.createBatch(
            NewBatch(
                job: "default", fileName: examined.file.name, contentDigest: examined.contentDigest, format: .csv,
                layout: examined.file.layout.encoded(), provenance: provenance, createdAt: time))
        let summary = try await Ingester(store: store).ingest(examined, into: batch)
        guard summary.invalid == 0 else {
            throw BenchmarkError("\(summary.invalid) made-up records are refused; mend SampleAccounts.swift")
        }
        try await store.finishIngest(batch.id, state: .running)
        return try await store.batch(batch.id)
    }
}
