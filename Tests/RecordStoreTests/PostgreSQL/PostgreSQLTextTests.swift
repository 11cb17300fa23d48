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
