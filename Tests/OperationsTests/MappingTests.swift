import Foundation
import Ingest
import Settings
import Testing

@testable import Operations

@Suite("A job's mapping in Ingest's words")
struct MappingTests {
    @Test("Every transform and source of a job file arrives")
    func wholeMapping() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "rollcall-mapping-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let settingsFile = folder.appending(path: "rollcall.yaml")
        try Data(Self.settings.utf8).write(to: settingsFile)
        let jobFile = folder.appending(path: "mapped.yaml")
        try Data(Self.job.utf8).write(to: jobFile)
        let settings = try Settings.load(path: settingsFile.path, environment: [:])
        let mapping = FieldMapping(try JobDefinition.load(path: jobFile.path, over: settings))
        #expect(mapping.fields.first { $0.path == "user.email" }?.transforms == FieldTransform.allCases)
        #expect(mapping.fields.first { $0.path == "user.name" }?.source == .columns(["first", "last"], join: " "))
        #expect(mapping.fields.first { $0.path == "placement" }?.source == .value("Registration"))
        #expect(mapping.recordID == "key")
        #expect(mapping.ignoreColumns == ["note"])
        #expect(
            mapping.values
                == ValueRules(
                    trims: false, checksSpreadsheets: false, placeholders: ["TBD"], absentTexts: ["?"],
                    refusesCardNumbers: false))
    }

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

    private static let job = """
        record_id: key
        ignore_columns: [note]
        trim: false
        spreadsheet_checks: false
        allow_card_numbers: true
        placeholders: { invalid: TBD, absent: ['?'] }
        fields:
          user.account.hashedAccountId: key
          user.email: { column: mail, transform: [trim, lowercase, uppercase, digits, sha256, hmac-sha256] }
          user.name: { columns: [first, last], join: " " }
          placement: { value: Registration }
        """
}
