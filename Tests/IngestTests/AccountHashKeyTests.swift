import Basics
import Foundation
import OpenSSL
import RecordStore
import TestSupport
import Testing

@testable import Ingest

@Suite("Account ids hashed with a key")
struct AccountHashKeyTests {
    private static let mapping = FieldMapping(fields: [
        FieldRule(
            path: "user.account.hashedAccountId", source: .column("number"), transforms: [.trim, .hmacSHA256]),
        FieldRule(path: "user.email", source: .column("mail")),
    ])

    @Test("The same person has the same hash in every batch, in CSV and JSON-lines, and after opening again")
    func lasting() async throws {
        let folder = try TemporaryFolder()
        var hashes: [[String]] = []
        for (name, text) in [
            ("a.csv", "number,mail\nA-1,a@example.com\nA-2,b@example.com\n"),
            (
                "b.jsonl",
                "{\"number\":\"A-1\",\"mail\":\"c@example.com\"}\n{\"number\":\"A-2\",\"mail\":\"d@example.com\"}\n"
            ),
        ] {
            let stores = try await StoreFolder(in: folder)
            let examined = try folder.open(text, named: name, mapping: Self.mapping).examine()
            let batch = try await stores.createBatch(for: examined)
            _ = try await Ingester(store: stores.store).ingest(examined, into: batch)
            hashes.append(try await Self.accounts(of: batch, in: stores.store))
            try await stores.store.close()
        }
        #expect(hashes.first == hashes.last && Set(hashes.joined()).count == 2)
        for hash in hashes.joined() {
            #expect(hash.count == 64 && hash.allSatisfy { $0.isHexDigit && !$0.isUppercase })
        }
        #expect(hashes.first?.first != (try SHA256.hex(Array("A-1".utf8))), "nobody without the key can make it")
    }

    @Test("The code is HMAC-SHA-256 under the key of the file (RFC 2104)")
    func code() async throws {
        let stores = try await StoreFolder()
        let key = try await stores.store.accountHashKey()
        let again = try await stores.store.accountHashKey()
        #expect(key.keyID == again.keyID && key.keyID.count == 16)
        #expect(try Self.code(of: "A-1", key) == Self.code(of: "A-1", again))
        #expect(try Self.code(of: "A-1", key) != Self.code(of: "A-1", .ephemeral()))
        let file = stores.folder.path + "/account-hash.key"
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        // Sealed: neither the key nor anything that gives its id.
        let content = try Data(contentsOf: URL(filePath: file))
        #expect(!content.holds(Data(key.keyID.utf8)))
    }

    @Test(
        "A key that batches used and that is gone, or another, is refused and never made again",
        arguments: [false, true])
    func lost(isExchanged: Bool) async throws {
        let stores = try await StoreFolder()
        let used = try await stores.store.accountHashKey()
        let file = stores.folder.path + "/account-hash.key"
        try FileManager.default.moveItem(atPath: file, toPath: file + ".away")
        if isExchanged {
            let other = try await StoreFolder(in: TemporaryFolder(sharingKeyOf: stores.folder))
            _ = try await other.store.accountHashKey()
            try FileManager.default.copyItem(atPath: other.folder.path + "/account-hash.key", toPath: file)
        }
        let error = await #expect(throws: StoreError.self) { _ = try await stores.store.accountHashKey() }
        #expect(error?.code == .keysFolder)
        #expect(error?.message.contains(isExchanged ? "of another database" : used.keyID) == true)
        #expect(FileManager.default.fileExists(atPath: file) == isExchanged)
        let examined = try stores.folder.open("number,mail\n1,a@example.com\n", mapping: Self.mapping).examine()
        let batch = try await stores.createBatch(for: examined)
        await #expect(throws: StoreError.self) {
            _ = try await Ingester(store: stores.store).ingest(examined, into: batch)
        }
        #expect(try await stores.store.progress(batch.id).total == 0)
        if isExchanged { try FileManager.default.removeItem(atPath: file) }
        try FileManager.default.moveItem(atPath: file + ".away", toPath: file)
        #expect(try await stores.store.accountHashKey().keyID == used.keyID)
    }

    @Test("A file that is unusable is told as such", arguments: ["", "no key", "0123456789abcdef 00"])
    func unusable(content: String) async throws {
        let stores = try await StoreFolder()
        let file = stores.folder.path + "/account-hash.key"
        #expect(
            FileManager.default.createFile(
                atPath: file, contents: Data(content.utf8), attributes: [.posixPermissions: 0o600]))
        let error = await #expect(throws: StoreError.self) { _ = try await stores.store.accountHashKey() }
        #expect(error?.code == .keysFolder)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == content)
    }

    @Test("A survey counts what repeats before there is a key, and makes none")
    func survey() async throws {
        let stores = try await StoreFolder()
        let examined = try stores.folder.open(
            "number,mail\n1,a@example.com\n1,a@example.com\n", mapping: Self.mapping
        ).examine()
        let past = FileSurvey.Past(store: stores.store, answeredSince: nil)
        for past in [nil, past] {
            let survey = try await BlockingWork.run { try FileSurvey.survey(examined, after: past) }
            #expect(survey.duplicateRequests == 1 && survey.invalid == 0)
        }
        #expect(!FileManager.default.fileExists(atPath: stores.folder.path + "/account-hash.key"))
    }

    private static func code(of text: String, _ key: AccountHashKey) throws -> [UInt8] {
        var code = [UInt8](repeating: 0, count: HMACSHA256.byteCount)
        try Array(text.utf8).withUnsafeBytes { text in
            try code.withUnsafeMutableBytes { try key.code(for: text, into: $0) }
        }
        return code
    }

    /// The accounts of a batch's requests, as they are built when their records are claimed.
    private static func accounts(of batch: Batch, in store: RecordStore) async throws -> [String] {
        var builder = try await RequestBuilder(
            layout: RecordLayout(decoding: store.layout(of: batch.id)), accountKey: store.accountHashKey())
        var rows: [(row: [UInt8], line: Int)] = []
        try await store.forEachRecord(batch.id) { rows.append((try $0.payload().rawRow, $0.line)) }
        return try rows.map { row, line in
            let request = String(decoding: try builder.request(forRow: row, line: line), as: UTF8.self)
            return try #require(request.firstMatch(of: /"hashedAccountId":"([^"]*)"/)).output.1.description
        }
    }
}

extension TemporaryFolder {
    /// A folder with a copy of another's sealing key.
    fileprivate convenience init(sharingKeyOf other: TemporaryFolder) throws {
        try self.init()
        try FileManager.default.copyItem(atPath: other.path + "/sealing.key", toPath: path + "/sealing.key")
    }
}
