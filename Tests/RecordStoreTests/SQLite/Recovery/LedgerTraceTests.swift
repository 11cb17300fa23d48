import Basics
import Foundation
import Testing

@testable import RecordStore

/// The ledger's trace in `keys_folder`, as a file.
@Suite struct LedgerTraceTests {
    private static let storeID = [UInt8](repeating: 7, count: 16)
    private static let position = LedgerTrace.Position(claimed: 5, reserved: 5)

    private static func entry(_ batch: Int64) -> BatchJournal.Entry {
        BatchJournal.Entry(batch: batch, source: [UInt8](repeating: UInt8(batch), count: 32))
    }

    private static func made(
        _ folder: StoreFolder, _ entries: [BatchJournal.Entry] = []
    ) throws -> (trace: LedgerTrace, key: SealingKey) {
        let key = try SealingKey.create(path: folder.sealingKey)
        let trace = try LedgerTrace.make(
            in: folder.path, storeID: storeID, sealingKey: key, position: position, entries: entries)
        return (trace, key)
    }

    private static func found(
        _ folder: StoreFolder, _ key: SealingKey, storeID: [UInt8] = storeID
    ) throws -> LedgerWitness<LedgerTrace.Position> {
        try LedgerTrace.find(in: folder.path, storeID: storeID, keys: SealingKeyRing(key)).map(\.position)
    }

    /// Changes one byte of the file, where it lies.
    private static func spoil(_ folder: StoreFolder, at offset: Int) throws {
        let file = try PrivateFile.open(folder.trace)
        let byte = try #require(try file.read(upTo: 1, at: offset).first)
        try file.write([byte ^ 1], at: offset)
    }

    @Test func itSaysWhatWasWrittenLast() throws {
        let folder = try StoreFolder()
        let (trace, key) = try Self.made(folder, [Self.entry(1)])
        #expect(try folder.permissions(folder.trace) == 0o600)
        #expect(try Self.found(folder, key) == .own(Self.position))
        try trace.reserve(upTo: 6)
        #expect(try Self.found(folder, key) == .own(LedgerTrace.Position(claimed: 5, reserved: 262)))
        try trace.advance(to: 6)
        try trace.reserve(upTo: 262)
        #expect(try Self.found(folder, key) == .own(LedgerTrace.Position(claimed: 6, reserved: 262)))
        try trace.append([Self.entry(2), Self.entry(3)])
        try trace.settle(at: 262)
        #expect(try Self.found(folder, key) == .own(LedgerTrace.Position(claimed: 262, reserved: 262)))
        let again = try #require(
            try LedgerTrace.find(in: folder.path, storeID: Self.storeID, keys: SealingKeyRing(key)).content)
        #expect(try again.entries() == [Self.entry(1), Self.entry(2), Self.entry(3)])
    }

    @Test func aCopyInItsPlaceIsToldFromIt() throws {
        let folder = try StoreFolder()
        let (trace, key) = try Self.made(folder)
        let (manager, copy) = (FileManager.default, folder.path + "/kept")
        try manager.copyItem(atPath: folder.trace, toPath: copy)
        try trace.advance(to: 9)
        // The file itself under its own name again is no copy.
        try manager.moveItem(atPath: folder.trace, toPath: folder.path + "/away")
        try manager.moveItem(atPath: folder.path + "/away", toPath: folder.trace)
        #expect(try Self.found(folder, key).content?.claimed == 9)
        #expect(try Self.found(folder, key) == .own(LedgerTrace.Position(claimed: 9, reserved: 5)))
        // Removed first, so that the copy may get the same number in the file system.
        try manager.removeItem(atPath: folder.trace)
        try manager.copyItem(atPath: copy, toPath: folder.trace)
        #expect(try Self.found(folder, key) == .copied(Self.position))
    }

    @Test func aTornWriteLeavesThePositionBefore() throws {
        let folder = try StoreFolder()
        let (trace, key) = try Self.made(folder)
        // `make` wrote once: the first place has an odd number, the second is empty until now.
        try trace.advance(to: 6)
        try Self.spoil(folder, at: 512 + 20)
        #expect(try Self.found(folder, key) == .own(Self.position))
        try trace.advance(to: 7)
        try trace.advance(to: 8)
        #expect(try Self.found(folder, key) == .own(LedgerTrace.Position(claimed: 8, reserved: 5)))
        try Self.spoil(folder, at: 512 + 20)
        try Self.spoil(folder, at: 1024 + 20)
        #expect(try Self.found(folder, key) == .unreadable)
    }

    @Test func anotherDatabasesOrKeysTraceIsNotBelieved() throws {
        let (folder, other) = (try StoreFolder(), try StoreFolder())
        let (_, key) = try Self.made(folder)
        #expect(try Self.found(folder, key, storeID: [UInt8](repeating: 8, count: 16)) == .foreign)
        #expect(try LedgerTrace.owner(in: folder.path) == Self.storeID)
        #expect(try Self.found(folder, SealingKey.create(path: other.sealingKey)) == .unreadable)
        #expect(try LedgerTrace.owner(in: other.path) == nil)
        #expect(try Self.found(other, key) == .missing)
    }

    /// Magic, sealing key's name, file's key's name, wrapped key; and a name in the header that is not the one inside.
    @Test(arguments: [3, 41, 50, 70]) func aSpoiltHeaderIsNotBelieved(offset: Int) throws {
        let folder = try StoreFolder()
        let (_, key) = try Self.made(folder)
        try Self.spoil(folder, at: offset)
        #expect(try Self.found(folder, key) == .unreadable)
    }

    @Test func aHeaderUnderAnotherNameDoesNotOpenForIt() throws {
        let folder = try StoreFolder()
        let (_, key) = try Self.made(folder)
        try Self.spoil(folder, at: 24)
        #expect(try Self.found(folder, key) == .foreign)
        #expect(try Self.found(folder, key, storeID: [6] + Self.storeID.dropFirst()) == .unreadable)
    }

    @Test(arguments: [1, 30, 67]) func anEntryTornByAPowerCutIsNoneAndIsWrittenOver(kept: Int) throws {
        let folder = try StoreFolder()
        let (trace, _) = try Self.made(folder, [Self.entry(1), Self.entry(2)])
        try PrivateFile.open(folder.trace).truncate(to: 1536 + 68 + kept)
        #expect(try trace.entries() == [Self.entry(1)])
        try trace.append([Self.entry(3)])
        #expect(try trace.entries() == [Self.entry(1), Self.entry(3)])
        // Room that was given before the power went, and never filled.
        try trace.append([Self.entry(4)])
        try PrivateFile.open(folder.trace).write([UInt8](repeating: 0, count: 68), at: 1536 + 68)
        #expect(try trace.entries() == [Self.entry(1), Self.entry(4)])
    }

    @Test func aFolderThatCannotBeWrittenIsNamed() async throws {
        let folder = try StoreFolder()
        try Data().write(to: URL(fileURLWithPath: folder.path + "/file"))
        let error = await #expect(throws: StoreError.self) {
            var description = folder.description()
            description.keysFolder += "/file"
            return try await description.openForRunning(StoreFolder.provenance)
        }
        #expect(error?.code == .keysFolder && error?.message.contains("keys_folder") == true)
    }

    @Test func itFollowsTheLedgerAndEndsExact() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let position = { () throws -> LedgerTrace.Position? in
            let key = try SealingKey.load(path: folder.sealingKey)
            let owner = try #require(try LedgerTrace.owner(in: folder.path))
            return try Self.found(folder, key, storeID: owner).content
        }
        #expect(try position() == LedgerTrace.Position(claimed: 0, reserved: 0))
        let batch = try await store.runningBatch(count: 400)
        _ = try await store.claim(batch, 3)
        #expect(try position() == LedgerTrace.Position(claimed: 3, reserved: 3 + LedgerTrace.reservation))
        _ = try await store.claim(batch, 256)
        #expect(try position() == LedgerTrace.Position(claimed: 259, reserved: 3 + LedgerTrace.reservation))
        _ = try await store.claim(batch, 1)
        #expect(try position() == LedgerTrace.Position(claimed: 260, reserved: 260 + LedgerTrace.reservation))
        try await store.close()
        #expect(try position() == LedgerTrace.Position(claimed: 260, reserved: 260))
        let source = try BatchJournal.source(job: batch.job, contentDigest: batch.contentDigest)
        #expect(
            try folder.ledgerFiles().trace.entries()
                == [BatchJournal.Entry(batch: batch.id.rawValue, source: source)])
    }
}
