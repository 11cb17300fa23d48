import Basics
import Foundation
import TestSupport
import Testing

@testable import RecordStore

/// Where the sealing key comes from.
@Suite struct SealingKeySourceTests {
    private static let digits = String(repeating: "0a", count: 32)

    @Test(arguments: [
        ("/srv/keys/sealing.key", SealingKeySource.file(path: "/srv/keys/sealing.key"), "sealing.key"),
        ("credential:rollcall", .credential(name: "rollcall"), "credential:rollcall"),
        ("fd:7", .descriptor(7), "fd:7"),
        ("/srv/fd:7", .file(path: "/srv/fd:7"), "fd:7"),
    ])
    func aSettingNamesOne(_ setting: String, source: SealingKeySource, name: String) {
        #expect(SealingKeySource(setting) == source)
        #expect(source.name == name)
    }

    @Test func aCredentialIsReadFromSystemdsFolder() throws {
        let folder = try StoreFolder()
        let source = SealingKeySource.credential(name: "rollcall")
        let environment = ["CREDENTIALS_DIRECTORY": folder.path]
        let without = #expect(throws: StoreError.self) { try source.load([:]) }
        #expect(without?.code == .sealingKey && without?.message.contains("LoadCredential=rollcall") == true)
        #expect(!source.isAvailable([:]) && !source.isAvailable(environment))
        let missing = #expect(throws: StoreError.self) { try source.load(environment) }
        #expect(missing?.code == .sealingKey && missing?.message.contains("no credential rollcall") == true)
        let file = folder.path + "/rollcall"
        try Data(Self.digits.utf8).write(to: URL(filePath: file))
        // With an access list its mask stands where the group's permissions do.
        try FileManager.default.setAttributes([.posixPermissions: 0o440], ofItemAtPath: file)
        #expect(source.isAvailable(environment))
        #expect(try source.load(environment).current.bytes == [UInt8](repeating: 10, count: 32))
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: file)
        #expect(throws: StoreError.self) { try source.load(environment) }
    }

    @Test func aDescriptorIsReadOnceAndClosed() throws {
        let number = try SealingKeySource.handOver(Data((Self.digits + "\n").utf8), distance: 64)
        let source = SealingKeySource.descriptor(number)
        #expect(!source.isAvailable() && !source.canBeReadAgain)
        let key = try source.load().current
        #expect(key.bytes == [UInt8](repeating: 10, count: 32))
        #expect(fcntl(number, F_GETFD) == -1)
        #expect(try source.load().current.keyID == key.keyID)
        #expect(source.isAvailable())
    }

    @Test func aDescriptorThatWasNotHandedOverIsNamed() throws {
        let folder = try StoreFolder()
        let own = try OwnedDescriptor(opening: folder.path, O_RDONLY)
        for number in [try SealingKeySource.descriptorLimit(), own.number] {
            let error = #expect(throws: StoreError.self) { try SealingKeySource.descriptor(number).load() }
            #expect(error?.code == .sealingKey && error?.message.contains("\(number)<FILE") == true)
        }
        #expect(fcntl(own.number, F_GETFD) != -1)
    }

    @Test func whatReadsNoRecordNeedsNoKey() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2)
        try FileManager.default.moveItem(atPath: folder.sealingKey, toPath: folder.path + "/away")
        let reader = try await folder.openForReading()
        #expect(try await reader.batch(batch.id).counts.queued == 2)
        let refused = await #expect(throws: StoreError.self) { try await reader.answers(batch.id) }
        #expect(refused?.code == .sealingKey)
        try await reader.close()
        // Beside a runner, which has examined the database, an operator needs none for a decision.
        let operating = try await folder.openForOperating()
        try await operating.setState(batch.id, to: .paused, reason: nil)
        await #expect(throws: StoreError.self) { try await operating.makeBatch(9) }
        try await operating.close()
        try await store.close()
        await #expect(throws: StoreError.self) { try await folder.openForOperating() }
    }
}
