import Basics
import Foundation
import GRDB
import Migrations
import Testing

@testable import RecordStore

@Suite struct OpeningTests {
    @Test func databaseAndKeyAreMadeTogetherForTheirOwnerOnly() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        _ = try await store.runningBatch(count: 1)
        for name in try folder.files() {
            #expect(try folder.permissions(folder.path + "/" + name) == 0o600, "\(name)")
        }
        #expect(try folder.permissions(folder.path + "/periods") == 0o700)
        #expect(try folder.files().contains("sealing.key"))
        try await store.close()
    }

    @Test func aNewFolderIsPrivate() async throws {
        let folder = try StoreFolder()
        let store = try await StoreDescription(
            engine: .sqlite(path: folder.path + "/var/db.sqlite"), sealingKey: folder.path + "/secrets/key",
            keysFolder: folder.path + "/keys", endpoint: StoreFolder.endpoint
        ).openForRunning(StoreFolder.provenance)
        try await store.close()
        #expect(try folder.permissions(folder.path + "/var") == 0o700)
        #expect(try folder.permissions(folder.path + "/secrets") == 0o700)
        #expect(try folder.permissions(folder.path + "/keys") == 0o700)
        #expect(try folder.permissions(folder.path + "/keys/ledger.trace") == 0o600)
    }

    /// What the database's file holds by itself, without the WAL that lies beside it.
    private static func alone<Value>(_ folder: StoreFolder, _ body: (Database) throws -> Value) throws -> Value {
        let copy = folder.path + "/alone.sqlite"
        try? FileManager.default.removeItem(atPath: copy)  // Of the look before.
        try FileManager.default.copyItem(atPath: folder.database, toPath: copy)
        let queue = try DatabaseQueue(path: copy)
        defer { try? queue.close() }
        return try queue.read(body)
    }

    @Test func whatIsMadeAndWhatIsTakenInOutlivesTheLossOfTheWAL() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        #expect(try Self.alone(folder) { try LedgerEvidence.Ledger(StoreConnection($0)).isTraced })
        let batch = try await store.runningBatch(count: 5)
        let count = try Self.alone(folder) {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM records WHERE id >> 32 = ?", arguments: [batch.id.rawValue])
        }
        #expect(count == 5)
        try await store.close()
    }

    @Test func aDatabaseWithoutTablesBesideAMarkOrTraceIsALostOne() async throws {
        let folder = try StoreFolder()
        try await folder.open().close()
        try FileManager.default.removeItem(atPath: folder.database)
        let empty = try DatabaseQueue(path: folder.database)
        try await empty.write { try $0.execute(sql: "PRAGMA user_version = 1") }
        try empty.close()
        for gone in [nil, folder.mark, folder.trace] {
            if let gone { try FileManager.default.moveItem(atPath: gone, toPath: gone + ".away") }
            let error = await #expect(throws: StoreError.self) { try await folder.open() }
            #expect(error?.code == .noDatabase)
            for file in [folder.mark, folder.trace] where file != gone {
                #expect(error?.message.contains(file) == true, "\(error?.message ?? "")")
            }
            if let gone { try FileManager.default.moveItem(atPath: gone + ".away", toPath: gone) }
        }
        for file in [folder.mark, folder.trace] { try FileManager.default.removeItem(atPath: file) }
        try await folder.open().close()
    }

    @Test func anotherDatabasesMarkOrTraceIsRefusedAndLeftAsItIs() async throws {
        let (folder, other) = (try StoreFolder(), try StoreFolder())
        try await folder.open().close()
        try await other.open().close()
        for (file, foreign, code) in [
            (folder.mark, other.mark, StoreError.Code.noDatabase), (folder.trace, other.trace, .keysFolder),
        ] {
            let own = try Data(contentsOf: URL(fileURLWithPath: file))
            let bytes = try Data(contentsOf: URL(fileURLWithPath: foreign))
            try bytes.write(to: URL(fileURLWithPath: file))
            for open in [{ try await folder.open() }, { try await folder.openForOperating() }] {
                let error = await #expect(throws: StoreError.self) { try await open() }
                #expect(error?.code == code && error?.message.contains(file) == true, "\(error?.message ?? "")")
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == bytes)
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
            try handle.truncate(atOffset: 0)
            try handle.write(contentsOf: own)
            try handle.close()
        }
    }

    @Test func anInstallationOfTheTimeBeforeThereWasATraceGoesOn() async throws {
        let folder = try StoreFolder()
        let first = try await folder.open()
        let batch = try await first.runningBatch(count: 3)
        _ = try await first.finish(try await first.claim(batch, 2).records.map(\.succeeded))
        try await first.close()
        try FileManager.default.removeItem(atPath: folder.trace)
        let queue = try DatabaseQueue(path: folder.database)
        try await queue.write { try $0.execute(sql: "UPDATE store SET traced = 0") }
        try queue.close()
        let second = try await folder.open()
        #expect(second.recovery == RecoveryReport())
        #expect(try await second.restoreHold() == nil)
        #expect(try await second.batch(batch.id).state == .running)
        #expect(try folder.ledgerFiles().trace.entries().map(\.batch) == [batch.id.rawValue])
        try await second.close()
        // From then on it is missed.
        try FileManager.default.removeItem(atPath: folder.trace)
        let third = try await folder.open()
        #expect(try await third.restoreHold() != nil)
        try await third.close()
    }

    @Test func everyCommitIsSynchronized() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let expected = [
            "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "page_size": 8192, "auto_vacuum": 2,
            "wal_autocheckpoint": 2048, "journal_size_limit": 33_554_432,
        ]
        let found = try store.writeWaiting { connection in
            try expected.keys.reduce(into: [:]) {
                $0[$1] = try Int.fetchOne(connection.database, sql: "PRAGMA \($1)")
            }
        }
        #expect(found == expected)
        #expect(try store.readWaiting { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
        try await store.close()
    }

    @Test func aMissingKeyIsRefusedNamingIt() async throws {
        let folder = try StoreFolder()
        try await folder.open().close()
        let keyID = try SealingKey.load(path: folder.sealingKey).keyID
        try FileManager.default.removeItem(atPath: folder.sealingKey)
        let error = await #expect(throws: StoreError.self) { try await folder.open() }
        #expect(error?.code == .sealingKey)
        #expect(error?.message.contains(keyID) == true)
        #expect(!FileManager.default.fileExists(atPath: folder.sealingKey))
    }

    @Test func anotherKeyIsRefusedNamingBoth() async throws {
        let folder = try StoreFolder()
        try await folder.open().close()
        let first = try SealingKey.load(path: folder.sealingKey).keyID
        try FileManager.default.removeItem(atPath: folder.sealingKey)
        let second = try SealingKey.create(path: folder.sealingKey).keyID
        for open in [{ try await folder.open() }, { try await folder.openForReading() }] {
            let error = await #expect(throws: StoreError.self) { try await open() }
            #expect(error?.code == .sealingKey)
            #expect(error?.message.contains(first) == true && error?.message.contains(second) == true)
        }
    }

    @Test func aKeyThatOthersCanReadIsRefused() async throws {
        let folder = try StoreFolder()
        try await folder.open().close()
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder.sealingKey)
        let error = await #expect(throws: StoreError.self) { try await folder.open() }
        #expect(error?.code == .sealingKey)
        #expect(error?.message.contains("chmod 600") == true)
    }

    @Test(arguments: ["", "abc", String(repeating: "g", count: 64), String(repeating: "0", count: 66)])
    func aFileThatHoldsNoKeyIsRefused(_ text: String) async throws {
        let folder = try StoreFolder()
        try await folder.open().close()
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.sealingKey))
        await #expect(throws: StoreError.self) { try await folder.open() }
    }

    @Test func anotherEndpointIsRefusedNamingBoth() async throws {
        let folder = try StoreFolder()
        try await folder.open().close()
        let other = "https://idv.mastercard.com/identity/accounts"
        for open in [{ try await folder.open(endpoint: other) }, { try await folder.openForReading(endpoint: other) }] {
            let error = await #expect(throws: StoreError.self) { try await open() }
            #expect(error?.code == .wrongEndpoint)
            #expect(error?.message.contains(other) == true)
            #expect(error?.message.contains(StoreFolder.endpoint) == true)
        }
    }

    @Test func aSecondRunnerIsRefusedNamingTheFirst() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let error = await #expect(throws: StoreError.self) { try await folder.open() }
        #expect(error?.code == .locked)
        #expect(error?.message.contains("process \(getpid())") == true)
        try await store.close()
        try await folder.open().close()
    }

    @Test func readersWorkBesideTheRunner() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let reader = try await folder.openForReading(endpoint: StoreFolder.endpoint)
        let batch = try await store.runningBatch(count: 3)
        #expect(try await reader.batch(batch.id) == batch)
        _ = try await store.claim(batch, 2)
        #expect(try await reader.progress(batch.id).inFlight == 2)
        try await reader.close()
        try await store.close()
    }

    @Test func readersOpenADatabaseThatNobodyRuns() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        try await store.close()
        let reader = try await folder.openForReading()
        #expect(try await reader.statuses(batch) == [.queued, .queued, .queued])
        try await reader.close()
    }

    @Test func aReaderRefusesToWrite() async throws {
        let folder = try StoreFolder()
        try await folder.open().close()
        let reader = try await folder.openForReading()
        let error = await #expect(throws: StoreError.self) { try await reader.makeBatch() }
        #expect(error?.code == .notAllowed)
        try await reader.close()
    }

    @Test func aDatabaseThatIsNotThereIsNotMadeByReading() async throws {
        let folder = try StoreFolder()
        let error = await #expect(throws: StoreError.self) { try await folder.openForReading() }
        #expect(error?.code == .noDatabase)
        #expect(try folder.files().isEmpty)
    }

    @Test func aFileThatIsNoDatabaseIsRefused() async throws {
        let folder = try StoreFolder()
        _ = try SealingKey.create(path: folder.sealingKey)
        try Data(repeating: 65, count: 8192).write(to: URL(fileURLWithPath: folder.database))
        await #expect(throws: StoreError.self) { try await folder.open() }
        await #expect(throws: StoreError.self) { try await folder.openForReading() }
    }

    @Test func aReaderOfADatabaseThatWasInterruptedAsItWasMadeSaysWhoFinishesIt() async throws {
        let folder = try StoreFolder()
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let maker = try DatabaseQueue(path: folder.copy, configuration: configuration)
        try await maker.writeWithoutTransaction { database in
            // So small a cache that the transaction is partly in the file, as its journal tells.
            try database.execute(
                sql: """
                    PRAGMA cache_size = 1; CREATE TABLE large (content); INSERT INTO large VALUES (zeroblob(100000));
                    BEGIN; UPDATE large SET content = randomblob(100000)
                    """)
            for suffix in ["", "-journal"] {
                try FileManager.default.copyItem(atPath: folder.copy + suffix, toPath: folder.database + suffix)
            }
            try database.execute(sql: "ROLLBACK")
        }
        try maker.close()
        let error = await #expect(throws: StoreError.self) { try await folder.openForReading() }
        #expect(error?.code == .notReadable)
        #expect(error?.message.contains("the next one finishes it") == true, "\(error?.message ?? "")")
    }

    @Test func writingAfterClosingFails() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        try await store.close()
        let error = await #expect(throws: StoreError.self) { try await store.makeBatch() }
        #expect(error?.code == .closed)
    }
}
