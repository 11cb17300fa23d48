import GRDB
import Testing

@testable import RecordStore

@Suite struct PreparedStatementTests {
    @Test func aValueThatCannotBeBoundIsNeverWritten() throws {
        try DatabaseQueue().write { database in
            try database.execute(sql: "CREATE TABLE notes (id INTEGER PRIMARY KEY, note BLOB)")
            let insert = try StoreConnection(database).prepare("INSERT INTO notes (id, note) VALUES (?1, ?2)")
            insert.bind(Int64(1), at: 1)
            insert.bind(copying: [1], at: 2)
            try insert.run()
            insert.bind(Int64(2), at: 1)
            insert.bind(copying: [2], at: 3)
            let error = #expect(throws: DatabaseError.self) { try insert.run() }
            #expect(error?.resultCode == .SQLITE_RANGE)
            insert.bind(Int64(3), at: 1)
            insert.bind("three", at: 2)
            try insert.run()
            #expect(try Int.fetchAll(database, sql: "SELECT id FROM notes ORDER BY id") == [1, 3])
        }
    }

    @Test func aCopyIsTakenWhenItIsBound() throws {
        try DatabaseQueue().read { database in
            let select = try StoreConnection(database).prepare("SELECT ?1")
            var bytes: [UInt8] = [1, 2, 3]
            select.bind(copying: bytes, at: 1)
            bytes[0] = 9
            let hasRow = try select.step()
            #expect(hasRow && select.bytes(0) == [1, 2, 3] && bytes == [9, 2, 3])
        }
    }

    @Test func noBytesAreAValueAndNilIsNone() throws {
        try DatabaseQueue().read { database in
            let select = try StoreConnection(database).prepare("SELECT typeof(?1), length(?1)")
            let values: [([UInt8]?, String, Int64?)] = [([], "blob", 0), ([7], "blob", 1), (nil, "null", nil)]
            for (bytes, type, length) in values {
                select.bind(copying: bytes, at: 1)
                let hasRow = try select.step()
                #expect(hasRow && select.text(0) == type && select.optionalInteger(1) == length)
                select.reset()
            }
        }
    }

    @Test func aStatementThatStillHasRowsIsNotRunWithEarlierValues() throws {
        try DatabaseQueue().read { database in
            let select = try StoreConnection(database).prepare("SELECT ?1 UNION ALL SELECT ?1")
            select.bind(Int64(1), at: 1)
            let hasRow = try select.step()
            #expect(hasRow && select.integer(0) == 1)
            select.bind(Int64(2), at: 1)
            let error = #expect(throws: DatabaseError.self) { try select.step() }
            #expect(error?.resultCode == .SQLITE_MISUSE)
        }
    }
}
