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

    static let forRows: [(shared: String, types: [SQLType], told: String)] = [
        (
            "INSERT INTO ready (batch_id, note) VALUES (?1, max(?2, ?1)) ON CONFLICT DO NOTHING", [.integer, .text],
            """
            INSERT INTO rollcall.ready (batch_id, note) SELECT given.p1, max(given.p2, given.p1) \
            FROM unnest($1::bigint[], $2::text[]) AS given (p1, p2) ON CONFLICT DO NOTHING
            """
        ),
        (
            "UPDATE records SET status = (SELECT 1 FROM jobs WHERE id = 1) WHERE id = ?1", [.integer],
            """
            UPDATE rollcall.records SET status = (SELECT 1 FROM rollcall.jobs WHERE id = 1) \
            FROM unnest($1::bigint[]) AS given (p1) WHERE id = given.p1
            """
        ),
        (
            "SELECT day FROM attempts WHERE record_id = ?1 AND claim_id = ?2", [.integer, .bytes],
            """
            SELECT number, found.value FROM unnest($1::bigint[], $2::bytea[]) WITH ORDINALITY AS given (p1, p2, number)
            CROSS JOIN LATERAL (SELECT day FROM rollcall.attempts WHERE record_id = given.p1 AND claim_id = given.p2) \
            AS found (value)
            """
        ),
    ]

    @Test("For many rows each parameter is an array", arguments: forRows)
    func rows(shared: String, types: [SQLType], told: String) {
        #expect(PostgreSQLText(shared, forRowsOf: types).sql == told)
    }

    @Test("Of ten parameters the first is not taken for the tenth")
    func tenParameters() {
        let places = (1...10).map { "?\($0)" }.joined(separator: ", ")
        let text = PostgreSQLText("INSERT INTO x VALUES (\(places))", forRowsOf: Array(repeating: .integer, count: 10))
        let columns = (1...10).map { "given.p\($0)" }.joined(separator: ", ")
        #expect(text.sql.contains("SELECT \(columns) FROM unnest($1::bigint[], "))
    }

    @Test("An array is told with its elements' type, and NULL as a length of -1")
    func array() {
        var bytes: [UInt8] = []
        PostgreSQLStatement.Parameter.array(.text, [.text("ab"), .unknownNull]).append(to: &bytes)
        let header: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1]
        #expect(bytes == header + [0, 0, 0, 2, 97, 98] + [255, 255, 255, 255])
    }

    @Test("A name that stands twice is one parameter")
    func names() {
        let text = PostgreSQLText("SELECT :first, :last, :first")
        #expect(text.sql == "SELECT $1, $2, $1")
        #expect(text.names == ["first", "last"])
    }
}
