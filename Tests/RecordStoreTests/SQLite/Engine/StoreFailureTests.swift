import Basics
import Foundation
import GRDB
import Testing

@testable import RecordStore

@Suite("What a refusal of SQLite or of the system is called")
struct StoreFailureTests {
    /// A result code, whether the database was being written, what it means, and words of its remedy.
    private static let meanings: [(ResultCode, StoreError.Access, StoreError.Code, String)] = [
        (.SQLITE_FULL, .writing, .diskFull, "make room"),
        (.SQLITE_CORRUPT, .writing, .damaged, "rollcall help restore"),
        (.SQLITE_CORRUPT, .reading, .damaged, "rollcall help restore"),
        (.SQLITE_NOTADB, .reading, .damaged, "rollcall help restore"),
        (.SQLITE_READONLY, .writing, .stateNotWritten, "read-only; make it writable"),
        (.SQLITE_READONLY, .reading, .notReadable, "read-only"),
        (.SQLITE_IOERR_WRITE, .writing, .stateNotWritten, "The disk failed while the database was written"),
        (.SQLITE_IOERR_READ, .reading, .notReadable, "The disk failed while the database was read"),
        (.SQLITE_CANTOPEN, .writing, .stateNotWritten, "check its folder"),
        (.SQLITE_BUSY, .reading, .locked, "Another program"),
        (.SQLITE_BUSY, .writing, .stateNotWritten, "Another program"),
        (.SQLITE_MISUSE, .reading, .closed, "closed"),
        (.SQLITE_NOMEM, .writing, .stateNotWritten, "memory"),
        (.SQLITE_CONSTRAINT_CHECK, .writing, .notAllowed, "a rule of its schema"),
        (.SQLITE_ERROR, .reading, .notReadable, "cannot be read"),
    ]

    @Test("Each result code has its own sentence, and none quotes a statement", arguments: meanings)
    func meaning(code: ResultCode, access: StoreError.Access, meant: StoreError.Code, words: String) {
        let error = DatabaseError(
            resultCode: code, message: "no such column: ssn", sql: "SELECT secret FROM batches", arguments: ["Ada"])
        let failure = StoreError(error, while: access)
        #expect(failure.code == meant)
        #expect(failure.message.contains(words))
        #expect(failure.cause == "SQLite: \(code)")
        for part in ["SELECT", "ssn", "Ada"] { #expect(!failure.description.contains(part)) }
    }

    @Test("No room is no room, whatever SQLite calls it", arguments: [ENOSPC, EDQUOT])
    func noRoom(systemError: Int32) {
        for code in [ResultCode.SQLITE_IOERR_WRITE, .SQLITE_IOERR_SHMSIZE, .SQLITE_CANTOPEN] {
            let failure = StoreError(
                DatabaseError(resultCode: code), while: .writing, because: SystemFault(systemError))
            #expect(failure.code == .diskFull)
        }
    }

    @Test("A database with a damaged page says so when it is read and when it is written, and names no statement")
    func damagedPage() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        let page = try store.readWaiting {
            try Int.fetchOne($0, sql: "SELECT rootpage FROM sqlite_master WHERE name = 'batches'")
        }
        try await store.close()
        try Self.damage(page: try #require(page), of: folder.database)
        let reader = try await folder.openForReading()
        let read = await #expect(throws: StoreError.self) { try await reader.batch(batch.id) }
        try await reader.close()
        // A runner looks at its unfinished batches first.
        let opened = await #expect(throws: StoreError.self) { try await folder.open() }
        for failure in [read, opened] {
            #expect(failure?.code == .damaged)
            #expect(failure?.message.contains("restore") == true)
            #expect(failure?.description.contains("SELECT") == false)
        }
    }

    @Test("A damaged database whose sealing key is missing, too, is not said to be empty and good to remove")
    func damagedWithoutKey() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let page = try store.readWaiting {
            try Int.fetchOne($0, sql: "SELECT rootpage FROM sqlite_master WHERE name = 'store'")
        }
        try await store.close()
        try Self.damage(page: try #require(page), of: folder.database)
        try FileManager.default.removeItem(atPath: folder.sealingKey)
        let failure = await #expect(throws: StoreError.self) { try await folder.open() }
        #expect(failure?.code == .damaged)
        #expect(failure?.message.contains("empty") == false && failure?.message.contains("restore") == true)
    }

    @Test("A store whose page is damaged while it is open fails for good, saying so")
    func damagedWhileOpen() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        let claimed = try await store.claim(batch, 1).records
        try store.writeWaiting { connection in
            // Malformed as SQLite finds it: a page that is linked as two things at once.
            try connection.database.execute(sql: "PRAGMA writable_schema = ON")
            try connection.database.execute(
                sql: "UPDATE sqlite_master SET rootpage = 1 WHERE name IN ('attempts', 'records')")
        }
        try await store.close()
        let failure = await #expect(throws: StoreError.self) {
            let again = try await folder.open()
            _ = try await again.statuses(batch)
        }
        #expect(failure?.code == .damaged && claimed.count == 1)
    }

    @Test("What breaks a rule of the schema fails alone, without the statement")
    func brokenRule() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let error = await #expect(throws: StoreError.self) {
            try await store.write { connection in
                try connection.database.execute(
                    sql: "INSERT INTO call_days (day, calls) VALUES (?, -1)", arguments: [20_250_101])
            }
        }
        #expect(error?.code == .notAllowed && error?.isFatal == false)
        #expect(error?.description.contains("INSERT") == false && error?.description.contains("call_days") == false)
        _ = try await store.makeBatch()
        try await store.close()
    }

    /// Writes over a page in the file.
    static func damage(page: Int, of path: String) throws {
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.seek(toOffset: UInt64((page - 1) * 8_192))
        try file.write(contentsOf: Data(repeating: 0xA5, count: 8_192))
        try file.close()
    }
}
