import Foundation
import OpenSSL
import Testing

@testable import IdentityInsightsClient

@Suite("Credentials")
struct CredentialTests {
    private func withFile(_ bytes: [UInt8], mode: Int, _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "rollcall-key-\(UUID().uuidString)").path
        try Data(bytes).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private func message(_ path: String, mustBePrivate: Bool) -> String? {
        do {
            _ = try CredentialFile(setting: "api.decryption_key", path: path).read(mustBePrivate: mustBePrivate)
            return nil
        } catch {
            return error.description
        }
    }

    @Test(
        "A private key's file must be private",
        arguments: [(0o600, true), (0o400, true), (0o640, false), (0o604, false)])
    func modes(mode: Int, isFine: Bool) throws {
        try withFile([1], mode: mode) { path in
            let message = message(path, mustBePrivate: true)
            #expect((message == nil) == isFine)
            #expect(isFine || message?.contains("chmod 600") == true)
        }
    }

    @Test("A public key's file may be read by all; an empty one, a folder and a missing one may not")
    func others() throws {
        try withFile([1], mode: 0o644) { #expect(message($0, mustBePrivate: false) == nil) }
        try withFile([], mode: 0o600) { #expect(message($0, mustBePrivate: false)?.contains("empty") == true) }
        #expect(
            message(FileManager.default.temporaryDirectory.path, mustBePrivate: false)?.contains("is a folder") == true)
        #expect(message("/nonexistent/key.pem", mustBePrivate: false)?.contains("api.decryption_key") == true)
    }

    @Test(
        "Why the system gives no file is said with what to do",
        arguments: [
            (ENOENT, "correct the path"), (ENOTDIR, "correct the path"), (EACCES, "may not be read by this user"),
            (ELOOP, "leads nowhere"), (EIO, "Input/output error"),
        ])
    func obstacles(code: Int32, words: String) {
        #expect(CredentialFile.obstacle(code).contains(words))
    }

    @Test("A file larger than any key is refused")
    func large() throws {
        try withFile([UInt8](repeating: 1, count: CredentialFile.maximumBytes + 1), mode: 0o600) {
            #expect(message($0, mustBePrivate: true)?.contains("larger") == true)
        }
    }
}
