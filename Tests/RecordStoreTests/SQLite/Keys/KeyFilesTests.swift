import Basics
import Foundation
import TestSupport
import Testing

@testable import RecordStore

/// Whether the files of the keys still open is seen although the process has read them.
@Suite struct KeyFilesTests {
    @Test func filesThatAreGoneAreFoundAndFoundAgain() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2)
        let (now, nextYear) = (batch.createdAt, batch.createdAt + 366 * 86_400_000)
        try await store.requireKeyFiles(at: now)
        let period = try #require(try folder.keys.periodKeys().first)
        let files: [(path: String, code: StoreErrorCode)] = [
            (folder.sealingKey, .sealingKey), (folder.keys.fingerprintKey, .keysFolder),
            (folder.keys.file(of: period), .keysFolder),
        ]
        for (path, code) in files {
            try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
            let error = await #expect(throws: StoreError.self) { try await store.requireKeyFiles(at: now) }
            #expect(error?.code == code)
            // What is known of the keys is as good as before.
            #expect(try await store.claim(batch, 1, now: now).records.count <= 1)
            try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
            try await store.requireKeyFiles(at: now)
        }
        // A month in which nothing was taken in has no key yet.
        try FileManager.default.removeItem(atPath: folder.keys.file(of: period))
        try await store.requireKeyFiles(at: nextYear)
        try await store.close()
    }
}
