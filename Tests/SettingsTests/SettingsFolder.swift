import Foundation
import Settings

/// A folder of its own for one test's settings, removed with it.
final class SettingsFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "settings-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
        let file = path + "/" + name
        let folder = (file as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return file
    }

    func settings(
        _ text: String, environment: [String: String] = [:], mode: Int = 0o600
    ) throws -> Settings {
        try Settings.load(path: try write(text, to: "rollcall.yaml", mode: mode), environment: environment)
    }

    /// The error's text with the folder taken off its file's name; nil if there was none.
    func complaint(_ body: () throws -> Void) throws -> String? {
        do {
            try body()
            return nil
        } catch let error as SettingsError {
            return error.description.replacingOccurrences(of: path + "/", with: "")
        }
    }
}

/// The least that makes settings.
let minimal = """
    api:
      base_url: https://127.0.0.1:8443/identity/accounts
      client_certificate: pki/client.pem
      encryption_key: pki/encryption.pem
      decryption_key: pki/decryption.pem

    """
