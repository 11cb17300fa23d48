import Basics
import Foundation
import Migrations
import OpenSSL
import TestSupport
import Testing

@testable import RecordStore

/// A folder of its own for a store's files; removed when the test is over.
final class StoreFolder: Sendable {
    let path: String
    private let server = Lock<String?>(nil)

    var database: String { path + "/rollcall.sqlite" }
    var copy: String { path + "/copy.sqlite" }
    var sealingKey: String { path + "/sealing.key" }
    var mark: String { database + ".mark" }
    var trace: String { path + "/ledger.trace" }

    init() throws {
        path = NSTemporaryDirectory() + "store-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        if let name = server.withLock({ $0 }) { try? PostgreSQLServer.shared.get().remove(name) }
        try? FileManager.default.removeItem(atPath: path)
    }

    static let endpoint = "https://localhost:8443/identity/accounts"
    static let provenance = Provenance(
        user: "ada", host: "vault", version: "1.0", settingsHash: "5e771465", endpoint: endpoint, keyID: "k1",
        certificateFingerprint: "c1")

    /// A database at the tests' own server, with the schema and nothing in it, made when it is first asked for.
    private var postgreSQL: String {
        do {
            let shared = try PostgreSQLServer.shared.get()
            let name = try server.withLock { name in
                if let name { return name }
                let made = try shared.makeDatabase(with: Migrations.postgreSQL)
                name = made
                try makeKey()
                return made
            }
            return shared.url(name)
        } catch {
            fatalError("no PostgreSQL: \(error)")
        }
    }

    /// Makes the key that goes with a schema which no first run has made.
    func makeKey() throws {
        if !FileManager.default.fileExists(atPath: sealingKey) { _ = try SealingKey.create(path: sealingKey) }
    }

    /// The database in this folder.
    func description(endpoint: String? = StoreFolder.endpoint) -> StoreDescription {
        let engine: StoreDescription.Engine =
            switch StoreEngine.current {
            case .sqlite: .sqlite(path: database)
            case .postgreSQL: .postgreSQL(url: postgreSQL, passwordFile: nil)
            }
        return StoreDescription(
            engine: engine, sealingKey: sealingKey, keysFolder: path, endpoint: endpoint,
            node: NodeDescription(name: "a", folder: path + "/node", rate: 1_000_000))
    }

    func open(endpoint: String = StoreFolder.endpoint) async throws -> RecordStore {
        try await description(endpoint: endpoint).openForRunning(Self.provenance)
    }

    func openForReading(endpoint: String? = nil) async throws -> RecordStore {
        try await description(endpoint: endpoint).openForReading()
    }

    func openForOperating(endpoint: String? = nil) async throws -> RecordStore {
        try await description(endpoint: endpoint).openForOperating()
    }

    /// A runner's store and an operator's on the same database.
    func pair() async throws -> (runner: RecordStore, operating: RecordStore) {
        (try await open(), try await openForOperating(endpoint: Self.endpoint))
    }

    func close(_ stores: (runner: RecordStore, operating: RecordStore)) async throws {
        try await stores.operating.close()
        try await stores.runner.close()
    }

    /// Puts the copy in the database's place; erases nothing in it unless told to.
    func restore(
        from source: String? = nil, endpoint: String = StoreFolder.endpoint,
        erasing erase: (RecordStore) async throws -> ErasureInCopy = { _ in ErasureInCopy() }
    ) async throws -> RestoreReport {
        try await description(endpoint: endpoint).restore(from: source ?? copy, erasing: erase)
    }

    /// The files that keep count of the database's ledger outside it.
    func ledgerFiles() throws -> LedgerFiles {
        let reader = SQLiteDatabase(pool: try DatabaseFile(path: database).openForReading())
        let (identity, ledger) = try reader.read { (try StoreIdentity.fetch($0), try LedgerEvidence.Ledger($0)) }
        try reader.close()
        let places = LedgerPlaces(database: database, keysFolder: path)
        let key = SealingKeyRing(try SealingKey.load(path: sealingKey))
        let storeID = try #require(identity).storeID
        return try LedgerFiles.open(
            at: places, for: storeID, key, after: places.evidence(of: ledger, storeID, key)
        ).files
    }

    /// The files in it and below, by their paths from it; folders are left out.
    func files() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: path).filter { name in
            var isFolder: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder)
            return exists && !isFolder.boolValue
        }.sorted()
    }

    func permissions(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }
}
