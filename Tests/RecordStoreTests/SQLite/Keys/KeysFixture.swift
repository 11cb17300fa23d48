import Basics
import Foundation
import GRDB
import TestSupport
import Testing

@testable import RecordStore

/// The middle of some months, in milliseconds since 1970 UTC.
enum Noon {
    static let november: WallTime = 1_763_208_000_000
    static let december: WallTime = 1_765_800_000_000
    static let january: WallTime = 1_768_478_400_000
}

extension RecordStore {
    /// A completed batch made at a time, with an answer for each of its two lines.
    func completedBatch(at time: WallTime, content: UInt8) async throws -> Batch {
        let batch = try await createBatch(
            NewBatch(
                job: "nightly", fileName: "a.csv", contentDigest: [UInt8](repeating: content, count: 32), format: .csv,
                layout: Array("layout".utf8), provenance: StoreFolder.provenance, createdAt: time))
        try await take([SampleRow(2, request: "\(content)-2"), SampleRow(3, request: "\(content)-3")], into: batch)
        try await finishIngest(batch.id, state: .running)
        _ = try await finish(try await claim(batch).records.map(\.succeeded))
        try await setState(batch.id, to: .completed, reason: nil)
        return try await self.batch(batch.id)
    }

    /// The answers of a batch.
    func answers(_ batch: BatchID) async throws -> [String] {
        var found: [String] = []
        try await forEachRecord(batch) { found.append(String(decoding: try $0.answer ?? [], as: UTF8.self)) }
        return found
    }

    func fingerprint(of request: String) throws -> RequestFingerprint {
        try Array(request.utf8).withUnsafeBytes { try fingerprint(of: $0) }
    }
}

extension SealingKeySource {
    /// The number of a descriptor from which a key can be read once; it is at most `distance` below the highest possible
    /// one. Each test has a distance of its own, because a key is remembered under its number.
    static func handOver(_ text: Data, distance: Int32) throws -> Int32 {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: text)
        try pipe.fileHandleForWriting.close()
        // High up, where no other test opens anything that would be taken for this one when it is closed.
        let number = fcntl(pipe.fileHandleForReading.fileDescriptor, F_DUPFD, try descriptorLimit() - distance)
        try #require(number != -1)
        return number
    }

    /// The number that no descriptor of this process reaches.
    static func descriptorLimit() throws -> Int32 {
        var limit = rlimit()
        try #require(getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
        return Int32(clamping: limit.rlim_cur)
    }
}

extension StoreFolder {
    var keys: KeysFolder { KeysFolder(path: path) }
}

/// Ends what it is called in at one of its steps, as a kill would: nothing after that is done.
final class Interruption: Sendable {
    struct Kill: Error {}

    private let stepsLeft: Lock<Int>

    init(afterSteps count: Int) { stepsLeft = Lock(count) }

    func step() throws {
        try stepsLeft.withLock { left in
            if left == 0 { throw Kill() }
            left -= 1
        }
    }

    /// Does something that is ended at its first step, then at its second, and so on, until it comes to its end.
    ///
    /// - Returns: At how many steps it was ended.
    static func atEachStep(_ body: (Interruption) async throws -> Void) async throws -> Int {
        for count in 0..<100 {
            do {
                try await body(Interruption(afterSteps: count))
                return count
            } catch is Kill {}
        }
        Issue.record("it never came to its end")
        return 0
    }
}

/// A database from before there were period keys.
enum OldDatabase {
    /// What a database of an old version says about itself.
    static func insertIdentity(into database: Database, sealedBy key: SealingKey) throws {
        try database.execute(
            sql: """
                INSERT INTO store (only_row, store_id, endpoint, sealing_key_id, fingerprint_key, created_at)
                VALUES (1, randomblob(16), ?, ?, ?, 1);
                INSERT INTO ledger_position (only_row, last_attempt) VALUES (1, 0);
                """,
            arguments: [
                StoreFolder.endpoint, key.keyID,
                Data(try key.wrap([UInt8](repeating: 1, count: 32), owner: 0, as: .fingerprintKey)),
            ])
    }

    /// Makes one of a closed database of this version: the same rows, their keys where they were then.
    static func make(of folder: StoreFolder) async throws {
        let pool = try DatabaseFile(path: folder.database).openForWriting()
        let key = try SealingKey.load(path: folder.sealingKey)
        try await pool.write { database in
            let identity = try #require(try StoreIdentity.fetch(StoreConnection(database)))
            let keys = StoreKeys(
                source: .file(path: folder.sealingKey), folder: folder.keys, storeID: identity.storeID)
            let file = try #require(try SealedKeyFile.read(folder.keys.fingerprintKey))
            let fingerprints = try file.key(as: .fingerprintKey, owner: 0, with: key)
            let batches = try Int64.fetchAll(database, sql: "SELECT id FROM batches").map(BatchID.init(rawValue:))
            let wrapped = try batches.map { batch in
                let row = try #require(try WrappedDataKey.fetch(StoreConnection(database), batch))
                let plain = try keys.periodKey(row.period).unwrap(row.wrapped, of: batch)
                return (batch, row.identifier, try key.wrap(plain, owner: batch.rawValue, as: .dataKey))
            }
            try database.execute(sql: tables)
            for (batch, identifier, wrapped) in wrapped {
                try database.execute(
                    sql: "INSERT INTO batch_keys VALUES (?, ?, ?, ?)",
                    arguments: [batch.rawValue, Data(identifier), key.keyID, Data(wrapped)])
            }
            try database.execute(
                sql: "UPDATE store SET sealing_key_id = ?, fingerprint_key = ?",
                arguments: [key.keyID, Data(try key.wrap(fingerprints, owner: 0, as: .fingerprintKey))])
        }
        try pool.close()
        try FileManager.default.removeItem(atPath: folder.keys.fingerprintKey)
        try FileManager.default.removeItem(atPath: folder.path + "/periods")
    }

    private static let tables = """
        DROP TABLE batch_keys;
        DROP TABLE period_keys;
        CREATE TABLE batch_keys (
            batch_id INTEGER PRIMARY KEY REFERENCES batches (id),
            data_key_id BLOB NOT NULL UNIQUE CHECK (length(data_key_id) = 8),
            sealing_key_id TEXT NOT NULL CHECK (length(sealing_key_id) = 16),
            wrapped_key BLOB NOT NULL CHECK (length(wrapped_key) = 60)
        ) STRICT;
        ALTER TABLE store ADD COLUMN sealing_key_id TEXT NOT NULL DEFAULT '0123456789abcdef'
            CHECK (length(sealing_key_id) = 16);
        ALTER TABLE store ADD COLUMN fingerprint_key BLOB NOT NULL DEFAULT x'' CHECK (length(fingerprint_key) <= 60);
        DELETE FROM grdb_migrations WHERE identifier IN ('v0017_period_keys', 'v0018_keys_folder');
        """
}
