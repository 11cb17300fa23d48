import Emulator
import Foundation
import IdentityInsightsClient
import RecordStore
import Settings
import Testing

@testable import Operations

@Suite("What the doctor finds in keys and storage")
struct DoctorChecksTests {
    /// Settings with keys of an emulator that never runs.
    private final class Site {
        let path: String

        init(settings: String = "") throws {
            path = FileManager.default.temporaryDirectory.appending(path: "rollcall-doctor-\(UUID().uuidString)").path
            _ = try EmulatorDirectory(path: path).material(host: "127.0.0.1")
            let text = """
                database: var/rollcall.sqlite
                sealing_key: secrets/sealing.key
                api:
                  base_url: https://127.0.0.1:9/identity/accounts
                  client_certificate: pki/client.pem
                  client_key: pki/client.key
                  ca_certificates: pki/ca.pem
                  encryption_key: pki/encryption.pem
                  decryption_key: pki/decryption.pem
                output: out

                """
            try Data((text + settings).utf8).write(to: URL(filePath: "\(path)/rollcall.yaml"))
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func place() throws -> Installation { try Installation(config: "\(path)/rollcall.yaml") }

        func makeDatabase() async throws {
            let place = try place()
            try await place.storeForRunning(place.provenance(place.credentials())).close()
        }
    }

    @Test(
        "The exit code is 78 for a failure, and where it is strict for a warning; 3 where a cap forbade the call",
        arguments: [
            ([.fine], false, .succeeded), ([.fine], true, .succeeded), ([.fine, .warning], false, .succeeded),
            ([.fine, .warning], true, .configuration), ([.failure, .warning], false, .configuration),
            ([.refused], false, .unfinished), ([.refused, .warning], true, .configuration),
            ([.refused, .failure], false, .configuration),
        ] as [([Finding.Level], Bool, Operations.ExitStatus)])
    func exitCode(levels: [Finding.Level], strict: Bool, expected: Operations.ExitStatus) {
        let findings = levels.map { Finding(check: "x", level: $0, message: "y") }
        #expect(Finding.status(of: findings, strict: strict) == expected)
    }

    private static let day = 86_400.0

    /// How far from its end, or its beginning, the client certificate is looked at.
    struct Case: Sendable {
        let daysFromEnd: Double?
        let daysFromBegin: Double?
        let level: Finding.Level
        let says: String
    }

    static let certificates = [
        Case(daysFromEnd: -31, daysFromBegin: nil, level: .fine, says: "ends "),
        Case(daysFromEnd: -29, daysFromBegin: nil, level: .warning, says: "renew it in time"),
        Case(daysFromEnd: 1, daysFromBegin: nil, level: .failure, says: "expired on"),
        Case(daysFromEnd: nil, daysFromBegin: -2, level: .failure, says: "is not valid before"),
    ]

    @Test("A certificate's end is told thirty days before, at its end, and before it begins", arguments: certificates)
    func certificateEnd(_ example: Case) throws {
        let site = try Site()
        let place = try site.place()
        let keys = try place.credentials().datedKeys
        let key = try #require(keys.first { $0.setting == "api.client_certificate" })
        let now =
            example.daysFromEnd.map { key.end.addingTimeInterval($0 * Self.day) }
            ?? key.begin.addingTimeInterval((example.daysFromBegin ?? 0) * Self.day)
        let findings = CredentialChecks(place: place).findings(now: now)
        let finding = try #require(findings.first { $0.check == key.setting })
        #expect(finding.level == example.level)
        #expect(finding.message.contains(example.says), "\(finding.message)")
    }

    @Test("A sound database is said to be so, and one that is not yet there, too")
    func soundDatabase() async throws {
        let site = try Site()
        #expect(try await database(site).message.contains("does not exist yet"))
        try await site.makeDatabase()
        let finding = try await database(site)
        #expect(finding.level == .fine && finding.message.contains("the sealing key fits"), "\(finding.message)")
    }

    @Test("A database that is gone is not said to be new")
    func lostDatabase() async throws {
        let site = try Site()
        try await site.makeDatabase()
        try FileManager.default.removeItem(atPath: site.path + "/var")
        let finding = try await database(site)
        #expect(finding.level == .failure && finding.message.contains("secrets/ledger.trace"), "\(finding.message)")
    }

    @Test(
        "A keys_folder that is lost with what it guards is warned of",
        arguments: [
            ("", Finding.Level.fine), ("keys_folder: keys\n", .fine), ("keys_folder: variety\n", .fine),
            ("keys_folder: var/keys\n", .warning), ("keys_folder: var\n", .warning),
            ("keys_folder: ./out/../out/keys\n", .warning), ("keys_folder: rollcall.yaml\n", .failure),
        ])
    func keysFolder(settings: String, level: Finding.Level) async throws {
        let site = try Site(settings: settings)
        let findings = await StorageChecks(place: try site.place()).findings()
        try #require(FileManager.default.fileExists(atPath: site.path))
        let finding = try #require(findings.first { $0.check == "keys_folder" })
        #expect(finding.level == level, "\(finding.message)")
    }

    @Test("What has to be copied, and where to, is said; a key that is missing is a failure that names it")
    func keysAndCopies() async throws {
        let site = try Site()
        try await site.makeDatabase()
        let findings = await StorageChecks(place: try site.place()).findings()
        let copies = try #require(findings.first { $0.check == "copies" })
        #expect(copies.level == .fine)
        for part in ["secrets but for ledger.trace", "secrets/sealing.key", "another place than backups"] {
            #expect(copies.message.contains(part), "\(copies.message)")
        }
        try FileManager.default.removeItem(atPath: site.path + "/secrets/fingerprint.key")
        let finding = try await database(site)
        #expect(
            finding.level == .failure && finding.message.contains("fingerprint.key is missing"), "\(finding.message)")
    }

    @Test("A key that only the daemon is handed cannot be tried, which is a warning")
    func keyOfAUnit() async throws {
        let site = try Site()
        try await site.makeDatabase()
        var settings = try site.place().settings
        settings.sealingKey = "credential:rollcall"
        let finding = try #require(
            await StorageChecks(place: Installation(settings)).findings().first { $0.check == "database" })
        #expect(finding.level == .warning && finding.message.contains("LoadCredential=rollcall"), "\(finding.message)")
    }

    @Test("A damaged database is a failure with its remedy", arguments: [0, 4_096])
    func damagedDatabase(at offset: UInt64) async throws {
        let site = try Site()
        try await site.makeDatabase()
        let file = try FileHandle(forUpdating: URL(filePath: "\(site.path)/var/rollcall.sqlite"))
        try file.seek(toOffset: offset)
        try file.write(contentsOf: Data(repeating: 0xA5, count: 4_096))
        try file.close()
        let finding = try await database(site)
        #expect(finding.level == .failure)
        #expect(finding.message.contains("restore") || finding.message.contains("backup"), "\(finding.message)")
    }

    @Test(
        "A folder that cannot be made is a failure", arguments: ["output: blocked/out", "database: blocked/x.sqlite"])
    func folders(setting: String) async throws {
        let site = try Site()
        try Data().write(to: URL(filePath: "\(site.path)/blocked"))
        let (key, value) = (setting.prefix { $0 != ":" }, setting)
        let text = try String(contentsOfFile: "\(site.path)/rollcall.yaml", encoding: .utf8)
        let lines = text.split(separator: "\n").map { $0.hasPrefix("\(key):") ? Substring(value) : $0 }
        try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: "\(site.path)/rollcall.yaml"))
        let findings = await StorageChecks(place: try site.place()).findings()
        let finding = try #require(findings.first { $0.check == (key == "output" ? "output" : "database folder") })
        #expect(finding.level == .failure && finding.message.contains("is not a folder"), "\(finding.message)")
    }

    @Test(
        "Little space is a warning",
        arguments: [
            (5 << 30, Finding.Level.fine, "5.0 GiB"), (3 << 30 + 1 << 29, .warning, "3.5 GiB"),
            (700 << 20, .warning, "700 MiB"), (0, .warning, "0 B"),
        ])
    func space(free: Int, level: Finding.Level, text: String) {
        let finding = StorageChecks.space(free: free, at: "/srv")
        #expect(finding.level == level && finding.message.hasPrefix("\(text) free at /srv"), "\(finding.message)")
    }

    private func database(_ site: Site) async throws -> Finding {
        let findings = try await StorageChecks(place: site.place()).findings()
        return try #require(findings.first { $0.check == "database" })
    }
}
