import Basics
import Foundation
import TestSupport
import Testing

@testable import RecordStore

@Suite("A database whose files are taken away while it is open", .timeLimit(.minutes(15)))
struct FilesInPlaceTests {
    /// What somebody does to the files.
    enum Mishap: CaseIterable {
        case isRemoved
        case isReplacedByACopy
        case isReplacedByAnEmptyFile

        func befall(_ path: String) throws {
            let files = FileManager.default
            if self == .isReplacedByACopy { try files.copyItem(atPath: path, toPath: path + ".new") }
            try files.removeItem(atPath: path)
            switch self {
            case .isRemoved: break
            case .isReplacedByACopy: try files.moveItem(atPath: path + ".new", toPath: path)
            case .isReplacedByAnEmptyFile: try Data().write(to: URL(filePath: path))
            }
        }
    }

    private static func expectRefusal(_ store: RecordStore, _ batch: Batch, naming name: String) async throws {
        let refused = await #expect(throws: StoreError.self) { try await store.claim(batch, 1) }
        #expect(refused?.code == .stateNotWritten && refused?.isFatal == true)
        #expect(
            refused?.message.contains("\(name) was ") == true
                && refused?.message.contains("while it was in use") == true)
        // Nothing else is written into it either: nobody would find it again.
        let other = await #expect(throws: StoreError.self) { try await store.confirmWriting(at: 1) }
        #expect(other?.message == refused?.message)
    }

    @Test(
        "Nothing is claimed any more, and what calls under way have cost is still written",
        arguments: ["", "-wal", "-shm", ".lock", ".mark"], Mishap.allCases)
    func mishap(suffix: String, mishap: Mishap) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        let records = try await store.claim(batch, 1).records
        try mishap.befall(folder.database + suffix)
        try await Self.expectRefusal(store, batch, naming: "rollcall.sqlite\(suffix)")
        #expect(try await store.finish([records[0].succeeded]) == 1)
        try await Self.expectRefusal(store, batch, naming: "rollcall.sqlite\(suffix)")
        try await store.close()
    }

    @Test("A folder that is moved away, and moved back, is the same")
    func folder() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        try FileManager.default.moveItem(atPath: folder.path, toPath: folder.path + "-away")
        try await Self.expectRefusal(store, batch, naming: "rollcall.sqlite")
        try FileManager.default.moveItem(atPath: folder.path + "-away", toPath: folder.path)
        #expect(try await store.claim(batch, 3).records.count == 3)
        try await store.close()
    }

    @Test("Another runner that took the lost lock over does not send what this one sends")
    func twoRunners() async throws {
        let folder = try StoreFolder()
        let first = try await folder.open()
        let batch = try await first.runningBatch(count: 4)
        _ = try await first.claim(batch, 1)
        try FileManager.default.removeItem(atPath: folder.database + ".lock")
        let second = try await folder.open()
        #expect(second.recovery.openAttempts == 1)
        try await Self.expectRefusal(first, batch, naming: "rollcall.sqlite.lock")
        #expect(try await second.claim(batch, 4).records.count == 3)
        try await first.close()
        try await second.close()
    }
}
