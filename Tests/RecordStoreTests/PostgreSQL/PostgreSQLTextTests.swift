import Basics
import Testing

@testable import RecordStore

@Suite("What PostgreSQL is told of a shared statement")
struct PostgreSQLTextTests {
    static let statements: [(shared: String, told: String)] = [
        ("SELECT id FROM batches WHERE id IN (?1, ?2)", "SELECT id FROM rollcall.batches WHERE id IN ($1, $2)"),
        ("SELECT ?, ?2, ?", "SELECT $1, $2, $3"),
        (
            "SELECT 1 FROM records INDEXED BY records_in_doubt WHERE status = 4",
            "SELECT 1 FROM rollcall.records WHERE status = 4"
        ),
        (
            "SELECT 1 FROM ready CROSS JOIN records ON records.id = record_id",
            "SELECT 1 FROM rollcall.ready JOIN rollcall.records ON records.id = record_id"
        ),
        (
            "INSERT INTO runner (pid) VALUES (?) ON CONFLICT (only_row) DO UPDATE SET pid = excluded.pid",
            "INSERT INTO rollcall.runner (pid) VALUES ($1) ON CONFLICT (only_row) DO UPDATE SET pid = excluded.pid"
        ),
        (
            "UPDATE batches SET x = 1 WHERE results_for IS NOT DISTINCT FROM finished_at",
            "UPDATE rollcall.batches SET x = 1 WHERE results_for IS NOT DISTINCT FROM finished_at"
        ),
        ("DELETE FROM answers WHERE kind = 'FROM it?'", "DELETE FROM rollcall.answers WHERE kind = 'FROM it?'"),
        ("SELECT \"user\" FROM (SELECT 1) AS part", "SELECT \"user\" FROM (SELECT 1) AS part"),
        ("SELECT ?1::text::xid8", "SELECT $1::text::xid8"),
    ]

    @Test(arguments: statements)
    func translation(shared: String, told: String) {
        #expect(PostgreSQLText(shared).sql == told)
    }

    @Test("A name that stands twice is one parameter")
    func names() {
        let text = PostgreSQLText("SELECT :first, :last, :first")
        #expect(text.sql == "SELECT $1, $2, $1")
        #expect(text.names == ["first", "last"])
    }
}

@Suite("Where a PostgreSQL database is")
struct PostgreSQLPlaceTests {
    @Test(
        "A password, and a connection over a network that is not verified, are refused",
        arguments: [
            ("postgresql://ada:secret@db/rollcall?sslmode=verify-full", "password"),
            ("postgresql://ada@db/rollcall?sslmode=require", "verify-full"),
            ("postgresql://ada@db1,db2/rollcall?sslmode=disable", "verify-full"),
            ("postgresql://[", "no URL"),
        ])
    func refusals(setting: String, word: String) {
        let error = #expect(throws: StoreError.self) { try PostgreSQLPlace(setting) }
        #expect(error?.message.contains(word) == true)
        #expect(error?.message.contains("secret") == false)
    }

    @Test(
        "Loopback and sockets need no TLS, and another machine is verified unless told otherwise",
        arguments: [
            "postgresql://ada@127.0.0.1/rollcall", "postgresql:///rollcall?host=/run/postgresql",
            "postgresql://ada@db1,db2/rollcall",
        ])
    func accepted(setting: String) throws {
        #expect(try !PostgreSQLPlace(setting).displayName.isEmpty)
    }
}
