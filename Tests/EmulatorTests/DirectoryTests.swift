import Basics
import Foundation
import OpenSSL
import Testing

@testable import Emulator

@Suite struct DirectoryTests {
    @Test("files are the owner's only, and folders too")
    func modes() throws {
        let folder = try Folder()
        let directory = EmulatorDirectory(path: folder.path("D"))
        _ = try directory.material(host: "127.0.0.1")
        try directory.writeSettings(host: "127.0.0.1", port: 8443, rate: nil)
        let names = try FileManager.default.subpathsOfDirectory(atPath: directory.path)
        #expect(names.contains("pki/client.key"))
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(directory.path)/\(name)")
            let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
            let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue
            #expect(mode == (isFolder ? 0o700 : 0o600), "\(name)")
        }
    }

    @Test("keys of an earlier start are used again")
    func reuse() throws {
        let folder = try Folder()
        let directory = EmulatorDirectory(path: folder.path("D"))
        let first = try directory.material(host: "127.0.0.1")
        let second = try directory.material(host: "127.0.0.1")
        #expect(first.requestKey.publicKey.fingerprint == second.requestKey.publicKey.fingerprint)
        #expect(first.answerKey.publicKey.fingerprint == second.answerKey.publicKey.fingerprint)
        #expect(first.authority.fingerprint == second.authority.fingerprint)
        #expect(first.client.chain.first?.fingerprint == second.client.chain.first?.fingerprint)
        #expect(first.server.chain.first?.fingerprint == second.server.chain.first?.fingerprint)
    }

    @Test("a key that is missing among others is named")
    func incomplete() throws {
        let folder = try Folder()
        let directory = EmulatorDirectory(path: folder.path("D"))
        _ = try directory.material(host: "127.0.0.1")
        try FileManager.default.removeItem(atPath: "\(directory.path)/pki/decryption.pem")
        let error = #expect(throws: EmulatorError.self) { try directory.material(host: "127.0.0.1") }
        #expect(error?.message.contains("pki/decryption.pem") == true)
    }

    @Test("the settings name the files that are there, and the port")
    func settings() throws {
        let folder = try Folder()
        let directory = EmulatorDirectory(path: folder.path("D"))
        _ = try directory.material(host: "127.0.0.1")
        let baseURL = try directory.writeSettings(host: "127.0.0.1", port: 12_345, rate: 100)
        let text = try String(contentsOfFile: directory.settingsPath, encoding: .utf8)
        #expect(baseURL == "https://127.0.0.1:12345/identity/accounts")
        #expect(text.contains("  base_url: \(baseURL)\n"))
        #expect(text.contains("rate: 95,"))
        let files = text.matches(of: /: (pki\/\S+)/).map { String($0.1) }
        #expect(files.count == 5)
        for file in files { #expect(FileManager.default.fileExists(atPath: "\(directory.path)/\(file)")) }
    }

    @Test("settings a person keeps are left alone, the emulator's own are written again")
    func keptSettings() throws {
        let folder = try Folder()
        let directory = EmulatorDirectory(path: folder.root)
        try directory.writeSettings(host: "127.0.0.1", port: 1, rate: nil)
        try directory.writeSettings(host: "127.0.0.1", port: 2, rate: nil)
        #expect(try String(contentsOfFile: directory.settingsPath, encoding: .utf8).contains(":2/identity"))
        try "# mine\n".write(toFile: directory.settingsPath, atomically: false, encoding: .utf8)
        try directory.writeSettings(host: "127.0.0.1", port: 3, rate: nil)
        #expect(try String(contentsOfFile: directory.settingsPath, encoding: .utf8) == "# mine\n")
    }

    @Test(
        "an address is host and port",
        arguments: [
            ("127.0.0.1:8443", "127.0.0.1", 8443), (":0", "127.0.0.1", 0), ("[::1]:9", "::1", 9),
            ("localhost:65535", "localhost", 65535),
        ])
    func address(text: String, host: String, port: Int) throws {
        let configuration = try EmulatorConfiguration.listening(on: text)
        #expect(configuration.host == host)
        #expect(configuration.port == port)
    }

    @Test("an address that is none is refused", arguments: ["", "8443", "localhost", "localhost:", "localhost:65536"])
    func noAddress(text: String) {
        #expect(throws: EmulatorError.self) { try EmulatorConfiguration.listening(on: text) }
    }

    @Test("a base URL has brackets around IPv6, and the loopback for any address")
    func baseURL() {
        #expect(SettingsFile(host: "::1", port: 1, rate: nil).baseURL == "https://[::1]:1/identity/accounts")
        #expect(SettingsFile(host: "0.0.0.0", port: 1, rate: nil).baseURL == "https://127.0.0.1:1/identity/accounts")
    }
}
