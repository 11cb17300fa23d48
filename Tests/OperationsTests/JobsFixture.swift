import Foundation
import Settings

/// A folder with settings and job files, removed with it.
final class JobsFixture: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "rollcall-jobs-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path + "/jobs", withIntermediateDirectories: true)
        try write(Self.settings, to: "rollcall.yaml")
    }

    deinit {
        try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ text: String, to name: String, mode: Int = 0o600) throws {
        let file = URL(filePath: "\(path)/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }

    func settings() throws -> Settings { try Settings.load(path: path + "/rollcall.yaml", environment: [:]) }

    private static let settings = """
        database: d.sqlite
        sealing_key: k
        api:
          base_url: https://127.0.0.1:1/identity/accounts
          client_certificate: c
          client_key: k
          encryption_key: e
          decryption_key: d

        """
}
