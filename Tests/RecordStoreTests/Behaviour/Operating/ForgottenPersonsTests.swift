import Basics
import Foundation
import OpenSSL
import TestSupport
import Testing

@testable import RecordStore

@Suite("The list of those who were forgotten")
struct ForgottenPersonsTests {
    private static let hasher = Result { try PersonHasher(HMACSHA256(key: [1, 2, 3])) }

    private static func hash(_ account: String) throws -> PersonHash { try hasher.get().hash(account: account) }

    @Test("A person is forgotten in batches made before, and in none that came later")
    func byTime() throws {
        var persons = ForgottenPersons()
        let (ada, ben) = (try Self.hash("ada"), try Self.hash("ben"))
        persons.add([ada], at: 100)
        #expect(persons.time(of: ada, inBatchMadeAt: 99) == 100)
        #expect(persons.time(of: ada, inBatchMadeAt: 100) == 100)
        #expect(persons.time(of: ada, inBatchMadeAt: 101) == nil)
        #expect(persons.time(of: ben, inBatchMadeAt: 1) == nil)
        persons.add([ada], at: 200)
        #expect(persons.time(of: ada, inBatchMadeAt: 150) == 200)
        persons.add([ada], at: 150)
        #expect(persons.lastTime == 200)
    }

    @Test("Hashes depend on the key and on what kind of id it is")
    func hashes() throws {
        let (one, other) = (try Self.hasher.get(), try PersonHasher(HMACSHA256(key: [1, 2, 4])))
        let all = [
            try one.hash(account: "x"), try one.hash(recordID: Array("x".utf8)), try other.hash(account: "x"),
            try one.hash(account: "y"),
        ]
        #expect(Set(all).count == 4)
        #expect(try one.hash(account: "x") == all[0])
    }

    @Test("What is written is read again, and says nothing of the ids")
    func text() throws {
        var persons = ForgottenPersons()
        persons.add([try Self.hash("ada"), try Self.hash("ben")], at: 1_764_000_000_000)
        persons.add(edition: [UInt8](repeating: 2, count: 32), of: [UInt8](repeating: 1, count: 32))
        persons.add(edition: [UInt8](repeating: 3, count: 32), of: [UInt8](repeating: 1, count: 32))
        #expect(ForgottenPersons(text: persons.text) == persons)
        #expect(persons.text.split(separator: "\n").count == 5)
        #expect(!persons.text.contains("ada"))
        #expect(persons.editions(of: [UInt8](repeating: 1, count: 32)).count == 2)
        #expect(ForgottenPersons(text: ForgottenPersons().text) == ForgottenPersons())
    }

    @Test(
        "What is damaged is not taken for a shorter list",
        arguments: [
            "", "rollcall forgotten 1", "rollcall forgotten 2\n", "rollcall forgotten 1\nperson ab 5\n",
            "rollcall forgotten 1\nperson \(String(repeating: "ab", count: 32)) x\n",
            "rollcall forgotten 1\nperson \(String(repeating: "ab", count: 32)) 5",
            "rollcall forgotten 1\nsomebody \(String(repeating: "ab", count: 32)) 5\n",
            "rollcall forgotten 1\nfile \(String(repeating: "ab", count: 32)) abcd\n",
            "rollcall forgotten 1\n\n",
        ])
    func damaged(text: String) async throws {
        #expect(ForgottenPersons(text: text) == nil)
        let folder = try StoreFolder()
        let store = try await folder.open()
        try Data(text.utf8).write(to: URL(filePath: folder.path + "/forgotten"))
        let error = await #expect(throws: StoreError.self) { _ = try await store.forgottenPersons() }
        #expect(error?.code == .keysFolder)
        try await store.close()
    }

    @Test("It is private, outlives the database, and its hashes are the same after a rotation of the sealing key")
    func lasts() async throws {
        let folder = try StoreFolder()
        var store = try await folder.open()
        let hash = try await store.personHasher().hash(account: "ada")
        try await store.changeForgottenPersons { $0.add([hash], at: 7) }
        let signature = try await store.sign(Array("receipt".utf8))
        try await store.close()
        #expect(try folder.permissions(folder.path + "/forgotten") == 0o600)
        #expect(try folder.permissions(folder.path + "/audit.key") == 0o600)
        _ = try await folder.description().rotateSealingKey(to: nil)
        store = try await folder.open()
        #expect(try await store.personHasher().hash(account: "ada") == hash)
        #expect(try await store.forgottenPersons().time(of: hash, inBatchMadeAt: 1) == 7)
        #expect(try await store.sign(Array("receipt".utf8)) == signature)
        #expect(try await store.sign(Array("receipts".utf8)).value != signature.value)
        try await store.close()
    }
}
