import Foundation
import OpenSSL
import Testing

@testable import RecordStore

/// A folder of its own for a store's files; removed when the test is over.
final class StoreFolder {
    let path: String

    var database: String { path + "/rollcall.sqlite" }
    var copy: String { path + "/copy.sqlite" }
    var sealingKey: String { path + "/sealing.key" }

    init() throws {
        path = NSTemporaryDirectory() + "store-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    static let endpoint = "https://localhost:8443/identity/accounts"
    static let provenance = Provenance(
        user: "ada", host: "vault", version: "1.0", settingsHash: "5e771465", endpoint: endpoint, keyID: "k1",
        certificateFingerprint: "c1")

    func open(endpoint: String = StoreFolder.endpoint) throws -> RecordStore {
        try RecordStore.openForRunning(
            path: database, sealingKeyPath: sealingKey, endpoint: endpoint, provenance: Self.provenance)
    }

    func openForReading(endpoint: String? = nil) throws -> RecordStore {
        try RecordStore.openForReading(path: database, sealingKeyPath: sealingKey, endpoint: endpoint)
    }

    func openForOperating(endpoint: String? = nil) throws -> RecordStore {
        try RecordStore.openForOperating(path: database, sealingKeyPath: sealingKey, endpoint: endpoint)
    }

    /// The names of all files in the folder.
    func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    func permissions(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }
}
